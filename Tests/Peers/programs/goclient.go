// An MTA's side by emersion/go-milter, at mitmilter with the rules of test_clients.py. Prints what it was told, a line a mail.
//
//	goclient HOST:PORT
package main

import (
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/emersion/go-message/textproto"
	"github.com/emersion/go-milter"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func word(action *milter.Action) string {
	switch action.Code {
	case milter.ActAccept:
		return "accept"
	case milter.ActContinue:
		return "continue"
	case milter.ActReject:
		return "reject"
	case milter.ActTempFail:
		return "tempfail"
	case milter.ActDiscard:
		return "discard"
	case milter.ActReplyCode:
		return "reply"
	}
	return "?"
}

// The verdict that ends the mail, behind the stage where it came.
func mail(session *milter.ClientSession, sender string) string {
	steps := []struct {
		name string
		do   func() (*milter.Action, error)
	}{
		{"mail", func() (*milter.Action, error) { return session.Mail(sender, nil) }},
		{"rcpt", func() (*milter.Action, error) { return session.Rcpt("first@example.net", nil) }},
		{"header", func() (*milter.Action, error) {
			var header textproto.Header
			header.Add("Subject", "hello")
			return session.Header(header)
		}},
	}
	for _, step := range steps {
		action, err := step.do()
		must(err)
		if action.Code != milter.ActContinue {
			return step.name + " " + word(action)
		}
	}
	changes, action, err := session.BodyReadFrom(strings.NewReader("A line.\r\n"))
	must(err)
	names := []string{"end", word(action)}
	for _, change := range changes {
		switch change.Code {
		case milter.ActAddHeader:
			names = append(names, "add "+change.HeaderName+"="+change.HeaderValue)
		case milter.ActInsertHeader:
			names = append(names, fmt.Sprintf("insert %d %s=%s", change.HeaderIndex, change.HeaderName, change.HeaderValue))
		case milter.ActChangeHeader:
			names = append(names, fmt.Sprintf("change %d %s=%s", change.HeaderIndex, change.HeaderName, change.HeaderValue))
		case milter.ActAddRcpt:
			names = append(names, "to "+change.Rcpt)
		case milter.ActDelRcpt:
			names = append(names, "not to "+change.Rcpt)
		case milter.ActReplBody:
			names = append(names, "body "+string(change.Body))
		case milter.ActQuarantine:
			names = append(names, "quarantine "+change.Reason)
		}
	}
	return strings.Join(names, " ")
}

func main() {
	// It has no words for other modifications.
	client := milter.NewClientWithOptions("tcp", os.Args[1], milter.ClientOptions{
		Dialer: &net.Dialer{}, ActionMask: milter.OptAddHeader | milter.OptChangeHeader | milter.OptChangeBody |
			milter.OptAddRcpt | milter.OptRemoveRcpt | milter.OptQuarantine,
	})
	defer client.Close()
	for _, sender := range []string{"plain", "mail-reject", "rcpt-tempfail", "header-discard", "end-reply", "change"} {
		session, err := client.Session()
		must(err)
		_, err = session.Conn("client.example.org", milter.FamilyInet, 4711, "192.0.2.7")
		must(err)
		_, err = session.Helo("client.example.org")
		must(err)
		fmt.Println(sender, mail(session, sender+"@example.org"))
		must(session.Close())
	}
}
