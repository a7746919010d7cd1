// SPDX-License-Identifier: MIT

// Go's encoding/json on a stream both ways, over HTTP/2 with prior knowledge:
//
//	go_json serve      strings come back in capitals, other values as an error
//	go_json ask URL    each answer is read before the next value is sent
package main

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"

	"golang.org/x/net/http2"
)

func talk(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(200)
	w.(http.Flusher).Flush()
	in, out := json.NewDecoder(r.Body), json.NewEncoder(w)
	for {
		var text string
		err := in.Decode(&text)
		if _, wrong := err.(*json.UnmarshalTypeError); wrong {
			err = out.Encode(map[string]string{"error": "no string"})
		} else if err == nil {
			err = out.Encode(strings.ToUpper(text))
		}
		if err != nil {
			return
		}
		w.(http.Flusher).Flush()
	}
}

func serve([]string) {
	listener := listen()
	for {
		conn, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go new(http2.Server).ServeConn(conn, &http2.ServeConnOpts{Handler: http.HandlerFunc(talk)})
	}
}

func ask(arguments []string) {
	client := &http.Client{Transport: &http2.Transport{AllowHTTP: true,
		DialTLS: func(network, address string, _ *tls.Config) (net.Conn, error) { return net.Dial(network, address) }}}
	body, to := io.Pipe()
	response, err := client.Post(arguments[0], "application/x-ndjson", body)
	if err != nil || response.StatusCode != 200 {
		fail(response, err)
	}
	in, out := json.NewDecoder(response.Body), json.NewEncoder(to)
	// Encoder escapes <, > and &, and the two separators that end a line in a script.
	for _, text := range []string{"one", "", "<b> & \"c\"\\", "two\nlines\r\t", "caf\u00e9 \u4f60\u597d \U0001f600", "\u2028\u2029",
		"a\x00b\x1f", strings.Repeat("x", 20000)} {
		var back string
		if err := out.Encode(text); err != nil {
			fail(err)
		}
		if err := in.Decode(&back); err != nil || back != strings.Map(capital, text) {
			fail("sent", text, "heard", back, err)
		}
	}
	var refusal struct{ Error string }
	if err := out.Encode(17); err != nil {
		fail(err)
	}
	if err := in.Decode(&refusal); err != nil || refusal.Error != "no string" {
		fail("a number is refused:", refusal, err)
	}
	to.Close()
	if err := in.Decode(&refusal); err != io.EOF {
		fail("the end of one half ends the other:", err)
	}
}

// Letters of ASCII, as the server in C does it.
func capital(letter rune) rune {
	if letter >= 'a' && letter <= 'z' {
		return letter - 'a' + 'A'
	}
	return letter
}

func main() {
	run(serve, ask)
}
