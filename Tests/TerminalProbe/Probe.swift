import CLinux
import Cells
import Glibc
import MilterProtocol
import TerminalDriver

/// A small program to drive in a pseudo-terminal: it names the keys it gets, draws hostile text, and dies in every way a
/// test asks for. Function keys are its commands; all other keys are only named.
final class Probe {
  private let terminal: Terminal
  private let signals: Int32
  private var keys: [String] = []
  private var news: [String] = []
  private var page = 0

  private init(_ terminal: Terminal, signals: Int32) {
    (self.terminal, self.signals) = (terminal, signals)
  }

  static func run() -> Int32 {
    // Before anything could start a thread.
    let wanted = [SIGWINCH, SIGTSTP, SIGINT, SIGTERM, SIGHUP]
    _ = linux_block_signals(wanted, Int32(wanted.count))
    let signals = linux_signalfd(wanted, Int32(wanted.count))
    let status: Int32
    do {
      let probe = Probe(try Terminal(), signals: signals)
      probe.terminal.reportsMouse = CommandLine.arguments.contains("--mouse")
      if isatty(0) == 0 { probe.news.append("stdin \(drain(0)) bytes") }
      status = probe.loop()
      probe.terminal.stop()
    } catch {
      complain("probe: error: \(error.message)")
      if let hint = error.hint { complain("probe: hint: \(hint)") }
      return 2
    }
    print("probe: ended \(status)")
    return status
  }

  private func loop() -> Int32 {
    while true {
      terminal.draw(frame())
      var polls = [
        pollfd(fd: terminal.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      ]
      let wait = terminal.keyPatience.map { Int32($0 / .milliseconds(1)) + 1 } ?? -1
      _ = poll(&polls, 2, wait)
      if let status = takeSignals() { return status }
      while let key = terminal.nextKey() {
        if let status = obey(key) { return status }
      }
      if terminal.isClosed { return 5 }
    }
  }

  private func takeSignals() -> Int32? {
    while true {
      switch linux_signalfd_next(signals) {
      case 0: return nil
      case SIGWINCH: terminal.resized()
      case SIGTSTP:
        terminal.suspend()
        news.append("resumed")
      case SIGINT: news.append("interrupted")
      case SIGTERM: return 3
      default: return 4
      }
    }
  }

  private func obey(_ key: Key) -> Int32? {
    switch key {
    case .named(.f1): return 0
    case .named(.f2): page = (page + 1) % 3
    case .named(.f3): terminal.redraw()
    case .named(.f4): _ = terminal.copy(Array("copied\u{1b}]0;x".utf8))
    case .named(.f5): edit()
    case .named(.f6): print([1, 2, 3][keys.count + 3])  // a trap
    case .named(.f7): abort()
    case .named(.f8): exit(7)
    case .named(.f9): print(depth(keys.count))
    case .named(.f10): while true { sched_yield() }
    case .named(.f11): complain("a stray line")
    case .paste(let bytes): keys.append("paste(" + InertText.string(escaping: bytes) + ")")
    default: keys.append(key.description)
    }
    return nil
  }

  private func edit() {
    do {
      let status = try terminal.run(Array(CommandLine.arguments.drop { $0 != "--" }.dropFirst()))
      news.append("ran \(status)")
    } catch {
      news.append(error.message)
    }
  }

  /// Recursion that no optimiser turns into a loop, until the stack is full.
  private func depth(_ n: Int) -> Int { n == Int.min ? 0 : depth(n + 1) + keys.count + 1 }

  private func frame() -> Frame {
    var frame = Frame(size: terminal.size)
    let size = terminal.size
    frame.put("probe \(size.columns)x\(size.rows) page \(page)", at: Point(column: 0, row: 0), style: .title)
    frame.put(
      DisplayText("keys: " + keys.suffix(8).joined(separator: " ") + " ."), at: Point(column: 0, row: 1))
    frame.put(DisplayText("news: " + news.joined(separator: ", ") + " ."), at: Point(column: 0, row: 2))
    let edge = 50
    for (index, (title, bytes)) in HostileText.rows.dropFirst(page * 20).prefix(20).enumerated() {
      let row = index + 3
      frame.put(DisplayText(title), at: Point(column: 0, row: row), style: .dim)
      frame.put(
        DisplayText(escaping: bytes[...]), in: Rect(column: 24, row: row, columns: edge - 24, rows: 1),
        style: Style(.value))
      frame.put("|end", at: Point(column: edge, row: row), style: Style(.bad))
    }
    frame.cursor = Point(column: 6, row: 1)
    return frame
  }
}

private func complain(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(2, bytes, bytes.count)
}

private func drain(_ descriptor: Int32) -> Int {
  var total = 0
  var buffer = [UInt8](repeating: 0, count: 4096)
  while case let count = read(descriptor, &buffer, buffer.count), count > 0 { total += count }
  return total
}
