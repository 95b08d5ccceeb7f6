package main

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"concord/store/postgres/pgtest"
	"concord/test/load/launch"
)

// server is one under measure.
type server interface {
	base() (url, token string, err error)
	memory() (launch.Memory, error)
	settle() error // brings what was written to the files that are counted
	stop() error
}

// concord is ours.
type concord struct {
	place launch.Options
	run   *launch.Server
	peak  int64 // bytes, of the runs before
}

func startConcord(place launch.Options) (*concord, error) {
	run, err := launch.Start(place)
	return &concord{place: place, run: run}, err
}

func (c *concord) base() (url, token string, err error) {
	token, err = c.run.Token("peer")
	return c.run.Base, token, err
}

func (c *concord) memory() (launch.Memory, error) {
	m, err := c.run.Memory()
	m.Peak = max(m.Peak, c.peak)
	return m, err
}

// settle serves anew: a store closes its files when it stops.
func (c *concord) settle() error {
	m, err := c.memory()
	if err != nil {
		return err
	}
	c.peak = m.Peak
	if err := c.run.Stop(); err != nil {
		return err
	}
	c.run, err = launch.Start(c.place)
	return err
}

func (c *concord) stop() error { return c.run.Stop() }

// database is a fresh PostgreSQL that listens on a port of this machine, since
// a JVM reaches it so.
type database struct {
	*pgtest.Server
	port int
	disk string // folder of its tables and indexes
}

func startDatabase() (*database, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	settings := launch.DatabaseSettings()
	settings["listen_addresses"] = "127.0.0.1"
	settings["port"] = fmt.Sprint(port)
	s, err := pgtest.New(pgtest.Options{Settings: settings})
	if err != nil {
		return nil, err
	}
	d := &database{Server: s, port: port}
	for _, pair := range strings.Fields(s.DSN()) {
		if host, ok := strings.CutPrefix(pair, "host="); ok {
			d.disk = filepath.Join(host, "data", "base")
		}
	}
	return d, nil
}

func (d *database) url() string {
	return fmt.Sprintf("postgres://concord@127.0.0.1:%d/postgres?sslmode=disable", d.port)
}

// jdbc is the same for Java.
func (d *database) jdbc() string {
	return fmt.Sprintf("jdbc:postgresql://127.0.0.1:%d/postgres?user=concord&sslmode=disable", d.port)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
