package command

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Logging says which of a command's streams the engine shows line by line while the command runs.
type Logging string

// The values of Logging.
const (
	LogStdout Logging = "stdout"
	LogStderr Logging = "stderr"
	LogBoth   Logging = "stdoutAndStderr"
	LogNone   Logging = "none"
)

// Values lists the enum for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "Stdout", Value: LogStdout, Description: "Standard output only."},
		{Name: "Stderr", Value: LogStderr, Description: "Standard error only."},
		{Name: "StdoutAndStderr", Value: LogBoth, Description: "Both."},
		{Name: "None", Value: LogNone, Description: "Neither."},
	}
}

func (l *Logging) showsStdout() bool { return l == nil || *l == LogStdout || *l == LogBoth }
func (l *Logging) showsStderr() bool { return l == nil || *l == LogStderr || *l == LogBoth }

// maxShownLine bounds a line of the log in bytes. A longer one is shown in pieces, so that output without newlines
// neither grows without limit nor stops the command.
const maxShownLine = 16 << 10

// maxShown bounds in bytes what is shown of one stream: the engine keeps every message until its run ends. The most a
// step of this program says is a few KiB.
const maxShown = 1 << 20

// lineLog is a writer that shows each complete line as a status message of the resource, as text that no terminal obeys.
type lineLog struct {
	show    func(line string)
	pending []byte
	shown   int
}

func newLineLog(ctx context.Context) *lineLog {
	logger := p.GetLogger(ctx)
	return &lineLog{show: logger.InfoStatus}
}

func (l *lineLog) Write(data []byte) (int, error) {
	for _, b := range data {
		if b != '\n' {
			l.pending = append(l.pending, b)
		}
		if b == '\n' || len(l.pending) >= maxShownLine {
			l.flush()
		}
	}
	return len(data), nil
}

func (l *lineLog) flush() {
	line := printable(string(l.pending))
	l.pending = l.pending[:0]
	if line == "" || l.shown > maxShown {
		return
	}
	l.shown += len(line)
	if l.shown > maxShown {
		line = fmt.Sprintf("[more than %d bytes: the rest is not shown]", maxShown)
	}
	l.show(line)
}
