package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// capture collects the output of a command, within limits: each stream for the outputs, both interleaved for the error,
// and lines for the log.
type capture struct {
	mutex  sync.Mutex
	stdout result
	stderr excerpt
	both   excerpt
	logs   []*lineLog
}

// writers returns the writers of the command's standard output and standard error. They call stop with the reason if the
// command writes too much.
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

// result returns the outputs of a command that ended, or an error that contains its output.
func (c *capture) result(command string, failure error) (Streams, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, log := range c.logs {
		log.flush()
	}
	if failure != nil {
		// The user's terminal shows the error.
		return Streams{}, fmt.Errorf("%w: running %q:\n%s", failure, command, printable(c.both.String()))
	}
	return Streams{
		Stdout: strings.TrimSuffix(c.stdout.String(), "\n"),
		Stderr: strings.TrimSuffix(c.stderr.String(), "\n"),
	}, nil
}

// lockedWriter separates the writes of the two streams, which come from different goroutines.
type lockedWriter struct {
	mutex *sync.Mutex
	sink  io.Writer
}

func (w *lockedWriter) Write(data []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.sink.Write(data)
}
