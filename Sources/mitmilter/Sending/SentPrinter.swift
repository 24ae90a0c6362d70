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
  /// Records of the connections that are not over.
  private var open: [Int: [Record]] = [:]
  private var ended: [Int: Int] = [:]
  /// Connections that are over, behind one that is not.
  private var waiting: [Int: [Record]] = [:]
  private var next = 1
  private var judged = 0
  private var printed = 0
  private var disappointed = 0

  init(_ options: SentPrinting, _ head: TraceHead, rules: KnownMTA, _ supply: MailSupply, trace: String?)
    throws
  {
    self.options = options
    self.head = head
    self.rules = rules
    self.supply = supply
    expectation = try options.expect.map(Self.expression)
    words =
      options.result || trace == "-" ? Output(to: STDERR_FILENO, named: "standard error") : output
  }

  private static func expression(_ text: String) throws(Failure) -> Expression {
    do { return try Expression(parsing: text) } catch {
      throw Failure(error, in: "--expect", hint: "mitmilter help filters lists the terms")
    }
  }

  func take(_ records: [Record]) {
    for record in records {
      open[record.connection, default: []].append(record)
      guard case .closed = record.event else { continue }
      ended[record.connection, default: 0] += 1
    }
    for (number, count) in ended where count > 1 {
      waiting[number] = open.removeValue(forKey: number)
      ended[number] = nil
    }
    while let records = waiting.removeValue(forKey: next) {
      print(records, connection: next)
      next += 1
    }
    output.flush()
    words.flush()
  }

  private func print(_ records: [Record], connection: Int) {
    let session = SentSession(records, head: head, rules: rules)
    let selection = expectation.map { PacketSelection($0, utcOffset: localOffset()) }
    selection?.catchUp(with: session.source)
    for (number, name) in supply.takeNames(ofConnection: connection).enumerated() {
      let result = session.mail(number)
      if result.isJudged { judged += 1 }
      let isExpected = selection.map { session.has(rowsOf: $0.rows, result) } ?? true
      if !isExpected { disappointed += 1 }
      print(result, of: session, named: name, isExpected)
      printed += 1
    }
  }

  private func print(
    _ result: SentSession.Result, of session: SentSession, named name: String, _ isExpected: Bool
  ) {
    if options.json {
      return output.append {
        SentMailJSON(session).append(
          result, named: name, isExpected: expectation == nil ? nil : isExpected, to: &$0)
      }
    }
    let text = SentMailText(session, result)
    if supply.isOne {
      words.write(text.whole(named: name))
    } else {
      if printed == 0 { words.write(SentMailText.head) }
      words.write(text.line(named: name))
    }
    if !isExpected { words.write("  not as expected: \(ListingText.inert(options.expect ?? ""))\n") }
    if options.diff { output.write(text.diff) }
    if options.result { output.append { text.appendDelivered(to: &$0) } }
  }

  /// Says what all came to, and ends with the status of that.
  func finish() throws {
    if !supply.isOne, !options.json, printed > 0 {
      words.write("\(printed) mails, \(judged) with a verdict\n")
    }
    output.flush()
    words.flush()
    if printed == 0 || judged == 0 && !supply.isCut { throw ExitCode(2) }
    if supply.unreadable > 0 || disappointed > 0 || judged < printed && !supply.isCut { throw ExitCode(1) }
  }
}
