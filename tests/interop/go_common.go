// SPDX-License-Identifier: MIT

// What the programs beside it share; each is built together with this file.
package main

import (
	"fmt"
	"net"
	"os"
)

func fail(what ...any) {
	fmt.Println(what...)
	os.Exit(1)
}

// A listener on a free port, which is said when it is ready.
func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println("listening on", listener.Addr())
	return listener
}

// Run as the first argument says, with the others.
func run(serve, ask func(arguments []string)) {
	switch os.Args[1] {
	case "serve":
		serve(os.Args[2:])
	case "ask":
		ask(os.Args[2:])
	default:
		fail("serve or ask, not", os.Args[1])
	}
}
