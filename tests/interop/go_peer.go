// SPDX-License-Identifier: MIT

// Go's net/http as a peer over TLS:
//
//	go_peer serve CERT KEY     /echo gives back the content, /page 100,000 bytes, /long a field of 6,000 bytes
//	go_peer ask URL CA         what a device must answer: content, a field too long for it, and content again
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func pattern(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i*31 + i>>8)
	}
	return out
}

func serve(arguments []string) {
	cert, key := arguments[0], arguments[1]
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		io.Copy(w, r.Body)
	})
	http.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { w.Write(pattern(100000)) })
	http.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-long", strings.Repeat("x", 6000))
	})
	fail(http.ServeTLS(listen(), nil, cert, key))
}

func ask(arguments []string) {
	url, ca := arguments[0], arguments[1]
	pem, err := os.ReadFile(ca)
	if err != nil {
		fail(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
	sent, first := pattern(100000), true
	// Go knows the limit by then and keeps to it: a status of 0 wanted means that it does not even ask.
	try := func(long int, want int) error {
		request, err := http.NewRequest("POST", url, bytes.NewReader(sent))
		if err != nil {
			return err
		}
		if long > 0 {
			request.Header.Set("x-long", strings.Repeat("x", long))
		}
		response, err := client.Do(request)
		if err != nil && want == 0 && strings.Contains(err.Error(), "advertised limit") {
			return nil
		}
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != want || response.ProtoMajor != 2 {
			return fmt.Errorf("status %d, %s", response.StatusCode, response.Proto)
		}
		back, err := io.ReadAll(response.Body)
		if want == 200 && (err != nil || !bytes.Equal(back, sent)) {
			return fmt.Errorf("the content differs: %d octets, %v", len(back), err)
		}
		return nil
	}
	post := func(long int, want int) {
		err := try(long, want)
		// A fault of its own, which tools/firmware/README.md describes: only the first request of a connection meets it.
		if err != nil && first && strings.Contains(err.Error(), "FLOW_CONTROL_ERROR") {
			err = try(long, want)
		}
		if err != nil {
			fail(err)
		}
		first = false
	}
	post(0, 200)
	post(6000, 0)
	post(0, 200)
	client.CloseIdleConnections()
}

func main() {
	run(serve, ask)
}
