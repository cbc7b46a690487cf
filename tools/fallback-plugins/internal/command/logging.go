package command

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Logging selects the streams of a command that the engine shows line by line while it runs.
type Logging string

// Values of Logging.
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

// maxShownLine is the largest size of a line of the log in bytes. A longer line is shown in pieces, so that output without
// newlines neither grows without limit nor stops the command.
const maxShownLine = 16 << 10

// maxShown is the largest shown part of one stream in bytes, because the engine keeps every message until its run ends. The
// steps of this program write a few KiB.
const maxShown = 1 << 20

// lineLog is a writer that shows each complete line as a status message of the resource, without control characters.
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
