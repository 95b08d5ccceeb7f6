package launch

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is what a process holds of the machine's, in bytes.
type Memory struct{ Now, Peak int64 }

// Memory reads what the server holds, and the most that it held since it
// started.
func (s *Server) Memory() (Memory, error) { return MemoryOf(s.PID()) }

// MemoryOf reads the same of any process (VmRSS and VmHWM of /proc).
func MemoryOf(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return Memory{}, err
		}
		switch f[0] {
		case "VmRSS:":
			m.Now = n << 10
		case "VmHWM:":
			m.Peak = n << 10
		}
	}
	return m, nil
}
