package command

import (
	"bytes"
	"fmt"
)

// Bytes kept of a standard error, and of both streams in an error: the beginning, and more of the end, which has the errors.
const (
	keptHead = 64 << 10
	keptTail = 192 << 10
)

// maxResult is the largest size of a standard output, the result, in bytes. The longest one, a kubeconfig, has 6 KiB. The
// engine refuses messages of more than 400 MiB.
const maxResult = 4 << 20

// excerpt is a writer that keeps the beginning and the end of its input, and counts the bytes between them.
type excerpt struct {
	head  []byte
	tail  []byte // last bytes, up to twice keptTail, so that old ones are seldom dropped
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
	// The beginning of a long piece would be dropped.
	if len(data) > keptTail {
		data = data[len(data)-keptTail:]
	}
	if len(e.tail)+len(data) > 2*keptTail {
		e.tail = append(e.tail[:0], e.tail[len(e.tail)-keptTail:]...)
	}
	e.tail = append(e.tail, data...)
	return written, nil
}

// String returns the input. A line replaces the missing middle and tells its size.
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

// result is a writer that keeps its whole input or fails, because half a result would be a wrong one. It reports the
// failure at once, so that the command is stopped.
type result struct {
	bytes.Buffer
	stop func(error)
}

func (r *result) Write(data []byte) (int, error) {
	if r.Len()+len(data) > maxResult {
		err := fmt.Errorf("the command wrote more than %d bytes to its standard output, which is its result; "+
			"expected at most the size of a kubeconfig", maxResult)
		r.stop(err)
		return 0, err
	}
	return r.Buffer.Write(data)
}
