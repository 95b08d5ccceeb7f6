package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// newSecret is 256 random bits in URL-safe text.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// newCode is 100 random bits in groups that can be typed: "K7QF2-…".
func newCode() string {
	b := make([]byte, 15)
	rand.Read(b)
	s := base32.StdEncoding.EncodeToString(b)[:20]
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:]
}

// digest is what is stored of a random secret. A plain hash is enough: the
// secret has too many bits to be guessed.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// typed undoes what people do to a code when they copy it.
func typed(code string) string {
	code = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), " ", ""))
	code = strings.ReplaceAll(code, "-", "")
	if len(code) != 20 {
		return ""
	}
	return code[:5] + "-" + code[5:10] + "-" + code[10:15] + "-" + code[15:]
}
