import ArgumentParser
import CommandLanguage
import Glibc
import MilterProtocol
import ProxyRuntime
import Sending
import TraceFormat
import TraceModel

struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Be the MTA: send mails to a milter, and say what it makes of them.",
    discussion: """
      MAIL is a file with a mail, headers and body, an mbox, a Maildir or another folder; - is a mail on standard input. \
      Nothing is delivered.
      Says verdict, changes, times and findings of a mail; of several, a line each.
      Exit status: 0 each mail has a verdict, 1 some have none, are not as --expect says or are different, 2 it could not \
      be done.
      """)

  @Argument(help: ArgumentHelp("Mails to send.", valueName: "mail"))
  var mails: [String]

  @Option(help: ArgumentHelp("Where the milter is.", valueName: "address"))
  var milter: String

  @OptionGroup var client: ClientOptions

  @OptionGroup var envelope: EnvelopeOptions

  @OptionGroup var sending: SendingOptions

  @OptionGroup var printing: SentPrinting

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Record everything in this trace; - is standard output.", valueName: "file"))
  var write: String?

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    try printing.check(write)
    let session = try client.session()
    let targets = try [milter, printing.against].compactMap { $0 }.map {
      try MilterTarget(try milterAddress($0))
    }
    let clock = Clock()
    let supply = try MailSupply(
      mails, session, envelope, sending, milters: targets.count, startedAt: clock.startedAt)
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      milter: targets[0].address.description)
    let printer = try SentPrinter(
      printing, head, rules: session.mta.mta ?? .postfix, supply, trace: write)
    var trace: TraceFileWriter?
    if let write {
      let file = try TraceFileWriter(path: write, head: head)
      if let kept = file.kept { tell("note: '\(write)' was there already; it is kept as '\(kept)'") }
      trace = consume file
    }
    var player = MTAPlayer<SendingMTA>(
      most: sending.connections, clock: clock,
      journal: Journal(file: trace, window: nil) { tell("warning: \($0)") })
    let patience = try client.patience()
    player.run { now in
      switch supply.next(at: now) {
      case .batch(let script, let milter): .call(.init(script, to: targets[milter], patience: patience))
      case .later(let moment): .later(moment)
      case .done: .done
      }
    } took: { records in
      printer.take(records)
    }
    try printer.finish()
  }
}
