package command

import (
	"bytes"
	"fmt"
)

// What is kept of a stream that is told and is no result: its beginning, and most of it the end, where errors are.
const (
	keptHead = 64 << 10
	keptTail = 192 << 10
)

// maxResult bounds in bytes a standard output, which is the result. The longest, a kubeconfig, has 6 KiB; the engine
// takes no message of more than 400 MiB.
const maxResult = 4 << 20

// excerpt is a writer that keeps the beginning and the end of what it gets, and how much was between.
type excerpt struct {
	head  []byte
	tail  []byte // the last bytes; up to twice keptTail, so that dropping old ones is rare
	total int64
}

func (e *excerpt) Write(data []byte) (int, error) {
	written := len(data)
	e.total += int64(written)
	if room := keptHead - len(e.head); room > 0 {
		taken := min(room, len(data))
		e.head = append(e.head, data[:taken]...)
		data = data[taken:]
	}
	// Of one long piece no more than what stays.
	if len(data) > keptTail {
		data = data[len(data)-keptTail:]
	}
	if len(e.tail)+len(data) > 2*keptTail {
		e.tail = append(e.tail[:0], e.tail[len(e.tail)-keptTail:]...)
	}
	e.tail = append(e.tail, data...)
	return written, nil
}

// String is what was written; where the middle is missing a line says how much.
func (e *excerpt) String() string {
	tail := e.tail
	if len(tail) > keptTail {
		tail = tail[len(tail)-keptTail:]
	}
	if cut := e.total - int64(len(e.head)+len(tail)); cut > 0 {
		return fmt.Sprintf("%s\n[%d bytes left out]\n%s", e.head, cut, tail)
	}
	return string(e.head) + string(tail)
}

// result is a writer that keeps everything or fails: half a result would be a wrong one. It says so at once, to whoever
// can stop the command.
type result struct {
	bytes.Buffer
	stop func(error)
}

func (r *result) Write(data []byte) (int, error) {
	if r.Len()+len(data) > maxResult {
		err := fmt.Errorf("the command wrote more than %d bytes to its standard output, which is its result; "+
			"no step of this program does", maxResult)
		r.stop(err)
		return 0, err
	}
	return r.Buffer.Write(data)
}
