package main

import "net/http"

func (s *server) pages() http.Handler { return http.NotFoundHandler() }
