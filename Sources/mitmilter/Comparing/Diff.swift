import ArgumentParser
import CommandLanguage
import Comparison
import Glibc
import ProxyRuntime
import TraceFormat

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two traces mail by mail, and end with 1 where they differ.",
    discussion: """
      FIRST and SECOND are traces or packet captures; one of them may be -, standard input. Mails are matched by queue id, \
      Message-ID, envelope and order, and compared command by command: negotiation, macros, verdicts, modifications, \
      findings. What is known to differ from run to run (queue ids, dates, signatures, MIME boundaries, host names) is \
      taken for the same. Reply times are told where they are far apart, and do not count.
      Exit status: 0 alike, 1 something differs or some of it could not be read, 2 they could not be compared.
      """)

  @Argument(help: ArgumentHelp("The trace that is compared with.", valueName: "first"))
  var first: String

  @Argument(help: ArgumentHelp("The trace that is compared.", valueName: "second"))
  var second: String

  @OptionGroup var options: ComparingOptions

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    guard first != "-" || second != "-" else {
      throw Failure("standard input can be only one of the two", hint: "mitmilter diff FIRST - ")
    }
    let expressions = try options.basis.expressions()
    let (one, other) = (try options.basis.read(first), try options.basis.read(second))
    var (before, after) = (
      options.basis.compared(one, expressions), options.basis.compared(other, expressions)
    )
    if let words = ComparisonBasis.adjust(&before, &after) { tell("note: \(words)") }
    let tally = options.report(before, after, named: (first, second))
    let isComplete = [one, other].map { tellLosses(of: $0) }.allSatisfy { $0 }
    if !tally.isAlike || !isComplete { throw ExitCode(1) }
  }
}

/// Tells of lines that are no records; whether there are none.
func tellLosses(of reader: TraceFileReader) -> Bool {
  var unreadable = UnreadableLines(path: reader.path)
  for place in 0..<reader.count {
    do throws(UnreadableLine) { _ = try reader.read(place) } catch { unreadable.report(error) }
  }
  return unreadable.finish(reader.loss)
}
