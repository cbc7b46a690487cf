package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// capture collects what a command writes, within limits: each stream for the outputs, both interleaved for the error,
// and lines for the log.
type capture struct {
	mutex  sync.Mutex
	stdout result
	stderr excerpt
	both   excerpt
	logs   []*lineLog
}

// writers returns what the command's standard output and standard error go to. A command that writes too much gets stop
// called with the reason.
func (c *capture) writers(
	ctx context.Context, logging *Logging, stop func(error),
) (stdout, stderr io.Writer) {
	c.stdout.stop = stop
	stream := func(kept io.Writer, shown bool) io.Writer {
		sinks := []io.Writer{kept, &c.both}
		if shown {
			log := newLineLog(ctx)
			c.logs = append(c.logs, log)
			sinks = append(sinks, log)
		}
		return &lockedWriter{&c.mutex, io.MultiWriter(sinks...)}
	}
	return stream(&c.stdout, logging.showsStdout()), stream(&c.stderr, logging.showsStderr())
}

// result turns the end of a command into its outputs or an error that carries what it wrote.
func (c *capture) result(command string, failure error) (Streams, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, log := range c.logs {
		log.flush()
	}
	if failure != nil {
		// The error ends on the operator's terminal.
		return Streams{}, fmt.Errorf("%w: running %q:\n%s", failure, command, printable(c.both.String()))
	}
	return Streams{
		Stdout: strings.TrimSuffix(c.stdout.String(), "\n"),
		Stderr: strings.TrimSuffix(c.stderr.String(), "\n"),
	}, nil
}

// lockedWriter keeps the two streams, which arrive on their own goroutines, from writing at once.
type lockedWriter struct {
	mutex *sync.Mutex
	sink  io.Writer
}

func (w *lockedWriter) Write(data []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.sink.Write(data)
}
