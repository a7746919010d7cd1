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
	sent := pattern(100000)
	// Go knows the limit by then and keeps to it: a status of 0 wanted means that it does not even ask.
	post := func(long int, want int) {
		request, err := http.NewRequest("POST", url, bytes.NewReader(sent))
		if err != nil {
			fail(err)
		}
		if long > 0 {
			request.Header.Set("x-long", strings.Repeat("x", long))
		}
		response, err := client.Do(request)
		if err != nil && want == 0 && strings.Contains(err.Error(), "advertised limit") {
			return
		}
		if err != nil {
			fail(err)
		}
		defer response.Body.Close()
		if response.StatusCode != want || response.ProtoMajor != 2 {
			fail("status", response.StatusCode, response.Proto)
		}
		back, err := io.ReadAll(response.Body)
		if want == 200 && (err != nil || !bytes.Equal(back, sent)) {
			fail("the content differs:", len(back), err)
		}
	}
	post(0, 200)
	post(6000, 0)
	post(0, 200)
	client.CloseIdleConnections()
}

func main() {
	run(serve, ask)
}
