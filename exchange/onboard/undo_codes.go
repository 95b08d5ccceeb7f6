package onboard

// CodesBecame is what an undo did with the codes that the load had published for the
// trust's living feeds.
type CodesBecame string

// What became of them; "" = the load had published none.
const (
	CodesWithdrawn CodesBecame = "withdrawn"
	CodesBefore    CodesBecame = "before"
	CodesAnew      CodesBecame = "anew"
)

// Words tells it.
func (c CodesBecame) Words() string {
	switch c {
	case CodesWithdrawn:
		return "the codes that the load published are withdrawn: messages are written as they are sent"
	case CodesBefore:
		return "messages are written by the codes again that were published before the load"
	case CodesAnew:
		return "codes were published anew since the load, and stay"
	}
	return ""
}
