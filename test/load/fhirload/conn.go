package fhirload

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"time"
)

// conn is a client's one connection, kept alive; it carries one request at a
// time, on the goroutine that asks.
type conn struct {
	target *Target
	sock   net.Conn
	in     *bufio.Reader
	out    bytes.Buffer // head of the request
	body   bytes.Buffer // body of the last answer
	asked  http.Request // what ReadResponse needs to know
	stop   func() bool
}

// answer is a response; its body is good until the next request.
type answer struct {
	status   int
	location string
	body     []byte
}

const answerLimit = 10 * time.Minute

func (c *conn) connect(ctx context.Context) error {
	var d net.Dialer
	sock, err := d.DialContext(ctx, "tcp", c.target.address())
	if err != nil {
		return err
	}
	if c.target.base.Scheme == "https" {
		secure := tls.Client(sock, &tls.Config{ServerName: c.target.base.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			sock.Close()
			return err
		}
		sock = secure
	}
	c.sock = sock
	c.stop = context.AfterFunc(ctx, func() { sock.Close() })
	if c.in == nil {
		c.in = bufio.NewReaderSize(sock, 32<<10)
	} else {
		c.in.Reset(sock)
	}
	return nil
}

func (c *conn) close() {
	if c.sock != nil {
		c.stop()
		c.sock.Close()
		c.sock = nil
	}
}

// do sends one request and reads its answer. After an error the connection is
// made anew by the next request; nothing is sent twice.
func (c *conn) do(ctx context.Context, method, below string, body []byte) (answer, error) {
	if c.sock == nil {
		if err := c.connect(ctx); err != nil {
			return answer{}, err
		}
	}
	a, err := c.exchange(method, below, body)
	if err != nil {
		c.close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	return a, err
}

func (c *conn) exchange(method, below string, body []byte) (answer, error) {
	c.sock.SetDeadline(time.Now().Add(answerLimit))
	c.head(method, below, len(body))
	var err error
	if len(body) < 16<<10 {
		c.out.Write(body)
		_, err = c.sock.Write(c.out.Bytes())
	} else {
		parts := net.Buffers{c.out.Bytes(), body}
		_, err = parts.WriteTo(c.sock)
	}
	if err != nil {
		return answer{}, err
	}
	c.asked.Method = method
	res, err := http.ReadResponse(c.in, &c.asked)
	if err != nil {
		return answer{}, err
	}
	c.body.Reset()
	_, err = c.body.ReadFrom(res.Body)
	res.Body.Close()
	if err != nil {
		return answer{}, err
	}
	if res.Close {
		c.close()
	}
	return answer{res.StatusCode, res.Header.Get("Location"), c.body.Bytes()}, nil
}

func (c *conn) head(method, below string, length int) {
	c.out.Reset()
	c.out.WriteString(method + " " + c.target.path(below) + " HTTP/1.1\r\nHost: " + c.target.base.Host + "\r\n")
	if c.target.auth != "" {
		c.out.WriteString("Authorization: " + c.target.auth + "\r\n")
	}
	c.out.WriteString("Accept: application/fhir+json\r\n")
	if length > 0 {
		c.out.WriteString("Content-Type: application/fhir+json\r\nContent-Length: " + strconv.Itoa(length) + "\r\n")
	}
	c.out.WriteString("\r\n")
}
