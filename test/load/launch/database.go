package launch

import (
	"net/url"
	"strings"
)

// URL gives the database URL of a DSN of keywords and values, as pgtest writes
// them.
func URL(dsn string) string {
	u := url.URL{Scheme: "postgres", Path: "/"}
	query := url.Values{}
	for _, pair := range strings.Fields(dsn) {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "user":
			u.User = url.User(value)
		case "dbname":
			u.Path = "/" + value
		default:
			query.Set(key, value)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// DatabaseSettings are what PostgreSQL would be given on a machine of two
// cores; the rest is as it comes, fsync included.
func DatabaseSettings() map[string]string {
	return map[string]string{"shared_buffers": "512MB", "max_wal_size": "4GB"}
}
