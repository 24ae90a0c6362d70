import Glibc
import ProxyRuntime
import TraceFormat
import TraceModel

/// Prints records and messages while they are made, on a thread of its own: mail never waits for whoever reads them.
final class LivePrinter: Sendable {
  /// How to print: as `show` does it.
  enum Form: Sendable {
    case text
    case json
  }

  /// Where records are to be put; nil where none are printed.
  let window: RecordWindow?
  private let messages = Mailbox<String>()
  private let stop = Mailbox<Void>()
  private let ended = Mailbox<Void>()
  private let terminal: SharedTerminal?
  /// How long a reader that is stuck may delay the end of the program, in milliseconds.
  private static let patience: Int32 = 2_000
  /// How often to look whether the terminal is free again for messages that wait, in milliseconds.
  private static let glance: Int32 = 250

  /// - Parameters:
  ///   - form: nil prints messages only.
  ///   - terminal: where a reader of standard output may have a screen; messages wait until it is left.
  init(_ form: Form?, startedAt: Int64, sharing terminal: SharedTerminal? = nil) {
    self.terminal = terminal
    window = form.map { _ in RecordWindow() }
    Thread { [self] in
      print(form ?? .text, startedAt)
      ended.post(())
    }.detach()
  }

  /// A line on standard error.
  func say(_ message: String) { messages.post(message) }

  /// Prints what is left and ends.
  func finish() {
    stop.post(())
    var waiting = pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0)
    poll(&waiting, 1, Self.patience)
  }

  private func print(_ form: Form, _ startedAt: Int64) {
    let output = Output(whenClosed: .goOn)
    var lines = Self.lines(form, startedAt, output)
    var listing = Listing()
    var stopping = false
    var untold: [String] = []
    var hasReader = terminal != nil
    while !stopping {
      var waiting = [stop.descriptor, messages.descriptor, window?.descriptor].compactMap { descriptor in
        descriptor.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      }
      if hasReader { waiting.append(SharedTerminal.reader) }
      poll(&waiting, nfds_t(waiting.count), untold.isEmpty ? -1 : Self.glance)
      stopping = waiting[0].revents != 0
      untold += messages.take()
      if hasReader, waiting[waiting.count - 1].revents & Int16(POLLERR) != 0 {
        hasReader = false
        untold.append(Self.noReader)
      }
      if stopping || terminal?.isTaken != true {
        for message in untold { tell(message) }
        untold = []
      }
      guard let batch = window?.take() else { continue }
      if batch.missed > 0 {
        tell("note: \(batch.missed) records are not printed, for standard output is too slow for them")
      }
      for record in batch.records { lines.print(listing.take(record)) }
      lines.print(listing.flush())
      output.flush()
    }
  }

  private static let noReader =
    "warning: nobody reads the trace any more; mail goes on WITHOUT being recorded until ^C"

  private static func lines(_ form: Form, _ startedAt: Int64, _ output: Output) -> PacketLines {
    switch form {
    case .json: return PacketLines(output, json: PacketJSON(startedAt: startedAt))
    case .text:
      var options = ListingText.Options()
      options.hasColours = Output.takesColours
      return PacketLines(
        output, text: ListingText(startedAt: startedAt, options: options, offset: LocalTime.offset))
    }
  }
}
