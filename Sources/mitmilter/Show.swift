import ArgumentParser
import CommandLanguage
import Glibc
import ProxyRuntime
import TraceFormat
import TraceModel

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print traces: a line a packet.",
    discussion: """
      FILE is a trace or a packet capture (pcap, pcapng), also compressed with gzip; - is standard input, printed as it \
      arrives. Files that one run wrote (--write-limit) are read as one.
      Exit status: 0 all was shown, 1 some of it could not be read or with --expect nothing was to show, 2 none could.
      """)

  @Argument(help: ArgumentHelp("Traces or captures to print, also .gz.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Show only packets that match.", valueName: "expression"))
  var filter: String?

  @OptionGroup var expecting: ExpectOptions

  @Flag(name: .shortAndLong, help: "All fields of each packet, findings in full.")
  var verbose = false

  @Flag(name: [.customShort("x"), .long], help: "A hex dump of each packet.")
  var hex = false

  @Flag(help: "A line of JSON for each packet; see mitmilter help trace-format.")
  var json = false

  @OptionGroup var judging: JudgingOptions

  @Flag(help: "Times in UTC, not in local time.")
  var utc = false

  @Flag(help: "No colours; NO_COLOR does the same.")
  var noColor = false

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    let expression = try filter.map(filterExpression)
    let output = Output()
    var readable = 0
    var isComplete = true
    var hasMatch = false
    if let run = oneRun {
      (isComplete, hasMatch) = try show(run, expression, output)
      output.flush()
      return try end(isComplete, hasMatch)
    }
    for path in files {
      do throws(FileFailure) {
        isComplete = try show(path, expression, output, &hasMatch) && isComplete
        readable += 1
      } catch {
        report(error)
        isComplete = false
      }
    }
    output.flush()
    if readable == 0 { throw ExitCode(2) }
    try end(isComplete, hasMatch)
  }

  private func end(_ isComplete: Bool, _ hasMatch: Bool) throws {
    if expecting.isDisappointed(by: hasMatch) {
      noteNoMatch(filter, "nothing matches the filter")
    }
    if !isComplete || expecting.isDisappointed(by: hasMatch) { throw ExitCode(1) }
  }

  /// The head of all files where one run wrote them, one after the other; nil where they are of several.
  private var oneRun: TraceHead? {
    guard files.count > 1, Set(files).count == files.count, !files.contains("-") else { return nil }
    var head: TraceHead?
    for path in files {
      let reader = try? TraceFileReader(path: path)
      while reader?.head == nil, (try? reader?.advance()) == .grew {}
      guard let next = reader?.head, next.isOneOfSeveral, head == nil || head == next else { return nil }
      head = next
    }
    return head
  }

  /// The files of one run, as one. Whether every line could be read, and whether there was something to show.
  private func show(
    _ head: TraceHead, _ expression: Expression?, _ output: Output
  ) throws(Failure) -> (isComplete: Bool, hasMatch: Bool) {
    let traces = try ExportedTraces(files, isJudged: judging.judge)
    var lines = lines(head, nil, output)
    lines.selection = expression.map { PacketSelection($0, utcOffset: utc ? 0 : Clock.localOffset) }
    lines.selection?.catchUp(with: traces.records)
    var listing = Listing(tellsLogs: verbose || json)
    for place in 0..<traces.records.count {
      if let record = traces.records.record(at: place) { lines.print(listing.take(record)) }
    }
    lines.print(listing.flush())
    return (traces.finish(), lines.count > 0)
  }

  /// Whether every line could be read.
  private func show(
    _ path: String, _ expression: Expression?, _ output: Output, _ hasMatch: inout Bool
  ) throws(FileFailure) -> Bool {
    let reader = try TraceFileReader(path: path, isJudged: judging.judge)
    let head = reader.head ?? TraceHead(program: "", startedAt: 0, command: [])
    var lines = lines(head, files.count > 1 ? reader.path : nil, output)
    lines.selection = expression.map { PacketSelection($0, utcOffset: utc ? 0 : Clock.localOffset) }
    var listing = Listing(tellsLogs: verbose || json)
    var unreadable = UnreadableLines(path: path)
    var next = 0
    repeat {
      lines.selection?.catchUp(with: reader)
      while next < reader.count {
        do throws(UnreadableLine) {
          lines.print(listing.take(try reader.read(next)))
        } catch {
          unreadable.report(error)
        }
        next += 1
      }
      if !hasInput(reader.descriptor) {
        lines.print(listing.flush())
        output.flush()
      }
    } while try reader.advance() == .grew || next < reader.count
    lines.print(listing.flush())
    hasMatch = hasMatch || lines.count > 0
    return unreadable.finish(reader.loss)
  }

  /// - Parameter file: to tell the packets of several apart by.
  private func lines(_ head: TraceHead, _ file: String?, _ output: Output) -> PacketLines {
    if json {
      return PacketLines(output, json: PacketJSON(startedAt: head.startedAt, file: file))
    }
    var options = ListingText.Options()
    options.isVerbose = verbose
    options.hasHexDump = hex
    options.hasColours = !noColor && Output.takesColours
    let time = utc ? { @Sendable _ in 0 } : LocalTime.offset
    let text = ListingText(startedAt: head.startedAt, options: options, offset: time)
    if let file { output.write("==> \(ListingText.inert(file)) <==\n") }
    if verbose { output.write(text.text(head)) }
    return PacketLines(output, text: text)
  }

  /// Whether a pipe has more to read now; files always have, or are at their end.
  private func hasInput(_ descriptor: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 0) > 0
  }
}
