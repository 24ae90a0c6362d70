import ArgumentParser
import CommandLanguage
import Glibc
import MilterProtocol
import ProxyRuntime
import TraceFormat
import TraceModel

/// Prints what came of each mail once its connection is over, in the order in which they were sent.
final class SentPrinter {
  private let options: SentPrinting
  private let head: TraceHead
  private let rules: KnownMTA
  private let supply: MailSupply
  private let expectation: Expression?
  private let output = Output()
  /// Where words for people go.
  private let words: Output
  private var comparing: SentComparing
  private var connections = RecordsByConnection()
  private var progress: Progress?
  private var counts = Counts()

  private struct Counts {
    var mails = 0
    var judged = 0
    var disappointed = 0
    var different = 0
    var connections = 0
    /// Connections that ended before their script.
    var broken = 0
    /// What a scenario expects, and what of it did not come.
    var checks = 0
    var failedChecks = 0
  }

  init(_ options: SentPrinting, _ head: TraceHead, rules: KnownMTA, _ supply: MailSupply, trace: String?)
    throws
  {
    self.options = options
    self.head = head
    self.rules = rules
    self.supply = supply
    expectation = try options.expect.map(Self.expression)
    words = options.result || trace == "-" ? Output(to: STDERR_FILENO, named: "standard error") : output
    comparing = try SentComparing(options, supply)
    progress = supply.isOne ? nil : Progress(of: 1000)
  }

  private static func expression(_ text: String) throws(Failure) -> Expression {
    do { return try Expression(parsing: text) } catch {
      throw Failure(error, in: "--expect", hint: "mitmilter help filters lists the terms")
    }
  }

  func take(_ records: [Record]) {
    connections.take(records)
    while let (number, records) = connections.next() { print(records, connection: number) }
    progress?.reached(Int(supply.part * 1000))
  }

  private func print(_ records: [Record], connection: Int) {
    let session = SentSession(records, head: head, rules: rules)
    let selection = expectation.map { PacketSelection($0, utcOffset: Clock.localOffset) }
    selection?.catchUp(with: session.source)
    let begun = supply.takeBegun(ofConnection: connection)
    counts.connections += 1
    if let ending = session.ending {
      counts.broken += 1
      if begun.names.isEmpty { tell("warning: connection \(connection): \(ending)") }
    }
    defer { check(begun, session, records) }
    for (number, name) in begun.names.enumerated() {
      let result = session.mail(number)
      let isExpected = selection.map { session.has(rowsOf: $0.rows, result) } ?? true
      counts.mails += 1
      if result.isJudged { counts.judged += 1 }
      if !isExpected { counts.disappointed += 1 }
      let outcome = SentOutcome(of: result, in: session, named: name)
      switch comparing.compare(outcome, connection: connection, place: number) {
      case .nothing: print(result, of: session, named: name, isExpected)
      case .same: break
      case .different(let difference):
        counts.different += 1
        print(difference)
      }
    }
  }

  private func check(_ begun: MailSupply.Begun, _ session: SentSession, _ records: [Record]) {
    let texts = ScenarioChecks(name: supply.scenarioName)
    for answer in texts.answers(to: begun.checks, notes: begun.notes, session, records) {
      counts.checks += 1
      if !answer.holds { counts.failedChecks += 1 }
      print {
        if options.json {
          output.append { texts.append(answer, to: &$0) }
        } else if !answer.holds {
          words.write(texts.text(answer))
        }
      }
    }
  }

  /// Before anything is printed the line of progress goes.
  private func print(_ write: () -> Void) {
    progress?.finish()
    write()
    output.flush()
    words.flush()
  }

  private func print(_ difference: SentDifference) {
    print {
      if options.json {
        output.append { difference.appendJSON(to: &$0) }
      } else {
        output.write(difference.text)
      }
    }
  }

  private func print(
    _ result: SentSession.Result, of session: SentSession, named name: String, _ isExpected: Bool
  ) {
    print {
      if options.json {
        let expected = expectation == nil ? nil : isExpected
        return output.append {
          SentMailJSON(session).append(result, named: name, isExpected: expected, to: &$0)
        }
      }
      let text = SentMailText(session, result)
      if supply.isOne {
        words.write(text.whole(named: name))
      } else {
        if counts.mails == 1 { words.write(SentMailText.head) }
        words.write(text.line(named: name))
      }
      if !isExpected { words.write("  not as expected: \(ListingText.inert(options.expect ?? ""))\n") }
      if options.diff { output.write(text.diff) }
      if options.result { output.append { text.appendDelivered(to: &$0) } }
    }
  }

  /// Says what all came to, and ends with the status of that.
  func finish() throws {
    progress?.finish()
    try comparing.finish()
    if !supply.isOne, !options.json, counts.mails > 0 {
      words.write(comparing.summary(counts.mails, judged: counts.judged, different: counts.different) + "\n")
    }
    if counts.checks > 0, !options.json {
      let met = counts.checks - counts.failedChecks
      words.write("\(met) of \(counts.checks) \(counts.checks == 1 ? "expectation" : "expectations") met\n")
    }
    output.flush()
    words.flush()
    if supply.isScenario { return try finishScenario() }
    if supply.count == 0, supply.unreadable == 0 {
      throw Failure(
        "there is no mail to send: every folder that was named is empty",
        hint: "name mails, an mbox, a Maildir, or a folder with mails in it")
    }
    if counts.mails == 0 || counts.judged == 0 && !supply.isCut { throw ExitCode(2) }
    let isWhole = supply.unreadable == 0 && (supply.isCut || counts.judged == counts.mails)
    if !isWhole || counts.disappointed > 0 || counts.different > 0 || comparing.hasMissing {
      throw ExitCode(1)
    }
  }

  /// A scenario may end mails without a verdict; what is to come of them it says itself.
  private func finishScenario() throws {
    if counts.broken == counts.connections { throw ExitCode(2) }
    let isWhole = counts.broken == 0 && counts.disappointed == 0 && counts.failedChecks == 0
    if !isWhole || counts.different > 0 || comparing.hasMissing { throw ExitCode(1) }
  }
}
