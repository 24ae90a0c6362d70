import ArgumentParser
import Conformance
import MilterProtocol
import ProxyRuntime
import Sending

/// How the mails of an MTA's checklist get to the MTA.
struct SubmissionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With --conformance: where the MTA takes mails, 127.0.0.1:25. Without it, send one mail a fault yourself.",
      valueName: "address"))
  var smtp: String?

  @Option(help: ArgumentHelp("With --smtp: sender of the mails.", valueName: "address"))
  var from = "sender@example.org"

  @Option(
    help: ArgumentHelp("With --smtp: recipient of the mails, whom many of them reach.", valueName: "address"))
  var to: String?

  @Option(
    help: ArgumentHelp(
      "With --smtp: how long to wait for an answer of the MTA: 60s. Give it more than the MTA gives its milters.",
      valueName: "duration"))
  var smtpTimeout = "60s"

  /// The options of these that were given.
  private var names: [String] {
    [
      ("--smtp", smtp != nil), ("--from", from != "sender@example.org"), ("--to", to != nil),
      ("--smtp-timeout", smtpTimeout != "60s"),
    ].filter(\.1).map(\.0)
  }

  /// - Parameter isWanted: there is a checklist to go through.
  func check(isWanted: Bool) throws {
    if !isWanted, let name = names.first {
      throw Failure("\(name) is for a checklist", hint: "give --conformance as well")
    }
    guard isWanted, smtp == nil, let name = names.first else { return }
    throw Failure("\(name) says what is submitted", hint: "give --smtp and the MTA's address as well")
  }

  /// Who submits a mail; nil where somebody else does.
  func submission(_ trial: MTATrial, from mail: SentMail, to target: MilterTarget) throws
    -> MilterStage.Submission
  {
    .init(
      SMTPTalk(mail, helo: "client.example.org", asksTheUnknown: trial.asksTheUnknown), to: target,
      patience: try patience)
  }

  private var patience: Moment.Span {
    get throws {
      try SteeringOptions.patience(nil, smtpTimeout, of: "--smtp-timeout").told.timeouts?.command
        ?? .seconds(60)
    }
  }

  var mail: SentMail {
    get throws {
      guard let to else {
        throw Failure(
          "--smtp needs --to: a recipient whom the mails may reach", hint: "--to postmaster@localhost")
      }
      return SentMail(
        from: Envelope(typed: Array(from.utf8)), to: [Envelope(typed: Array(to.utf8))], queueID: [],
        TakenMail(TrialMail.builtIn, as: .generic))
    }
  }
}
