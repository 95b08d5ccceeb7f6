package onboard

import "syscall"

// leastNice is the niceness of threads that let every other go first
// (setpriority(2)).
const leastNice = 19

// yieldThread has the system's scheduler let every other thread go before this one.
func yieldThread() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), leastNice) }
