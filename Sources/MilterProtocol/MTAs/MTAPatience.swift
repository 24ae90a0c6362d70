/// How long an MTA waits for a reply.
package struct MTATimeouts: Sendable, Equatable {
  /// `milter_command_timeout` of Postfix, `R` of Sendmail.
  package var command: Moment.Span
  /// `milter_content_timeout` of Postfix, `E` of Sendmail.
  package var content: Moment.Span

  package init(command: Moment.Span, content: Moment.Span) {
    self.command = command
    self.content = content
  }

  /// Where the MTA is not known, the shorter ones of those that were measured.
  package static func byDefault(_ mta: KnownMTA?) -> MTATimeouts { (mta ?? .generic).waits.timeouts }

  /// `30s,300s`, as `--mta-timeout` takes it.
  package var typed: String { "\(command.typed),\(content.typed)" }

  /// - Parameter typed: both, as ``typed`` has them.
  package init?(typed: String) {
    let parts = typed.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, let command = Moment.Span(typed: parts[0]),
      let content = Moment.Span(typed: parts[1])
    else { return nil }
    self.init(command: command, content: content)
  }
}

/// What is known of an MTA beyond what it shows by itself: what the operator said, and by what it was seen to give up.
package struct MTAPatience: Sendable, Equatable {
  package var mta = MTAChoice.auto
  /// As the operator said.
  package var timeouts: MTATimeouts?
  private var postfixGaveUp: MTATimeouts?
  private var sendmailGaveUp: MTATimeouts?
  private var othersGaveUp: MTATimeouts?

  package init() {}

  /// By what an MTA of that kind left while it waited; nil where it did not. It is nearer to the truth than what was said.
  package subscript(gaveUp mta: KnownMTA?) -> MTATimeouts? {
    get {
      switch mta {
      case .postfix: postfixGaveUp
      case .sendmail: sendmailGaveUp
      case .stalwart, .maddy, .generic, nil: othersGaveUp
      }
    }
    set {
      switch mta {
      case .postfix: postfixGaveUp = newValue
      case .sendmail: sendmailGaveUp = newValue
      case .stalwart, .maddy, .generic, nil: othersGaveUp = newValue
      }
    }
  }

  /// How long that MTA waits, where it is not as long as by default.
  package func timeouts(of mta: KnownMTA?) -> MTATimeouts? { self[gaveUp: mta] ?? timeouts }
}
