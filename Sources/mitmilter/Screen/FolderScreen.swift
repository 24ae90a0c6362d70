import ConsoleUI
import Glibc
import ProxyRuntime
import TerminalDriver

/// Lists what a folder holds, and has the operator pick what to open.
struct FolderScreen {
  private let folder: TraceFolder
  private var pane: FolderPane
  private let terminal: Terminal

  init(_ folder: TraceFolder, on terminal: Terminal) {
    self.folder = folder
    self.terminal = terminal
    let entries = folder.entries.map {
      FolderPane.Entry(
        name: $0.name, kind: ($0.kind == .trace ? "trace" : "capture") + ($0.isCompressed ? ", gzip" : ""),
        bytes: $0.bytes, written: $0.written + LocalTime.offset($0.written))
    }
    pane = FolderPane(folder.path, entries, size: terminal.size)
    terminal.askGround()
  }

  /// Says it below the list, until the next key.
  mutating func tell(_ words: String) { pane.remark = words }

  /// The paths of what is to be opened; none where the operator leaves, or the terminal has gone.
  mutating func pick(_ signals: borrowing Signals) -> [String] {
    pane.resize(terminal.size)
    while !terminal.isClosed {
      terminal.draw(pane.frame(terminal.size))
      wait(signals)
      for signal in signals.take() {
        switch signal {
        case .resized: pane.resize(terminal.resized())
        case .suspend: suspend()
        case .end, .hangUp: return []
        }
      }
      while let key = terminal.nextKey() {
        if key == .control("z") { suspend() }
        if key == .control("l") { terminal.redraw() }
        switch pane.press(key) {
        case .stay: break
        case .open(let rows): return rows.map { folder.path(of: folder.entries[$0]) }
        case .leave: return []
        }
      }
    }
    return []
  }

  private mutating func suspend() {
    terminal.suspend()
    pane.resize(terminal.size)
  }

  private func wait(_ signals: borrowing Signals) {
    var polled = [terminal.descriptor, signals.descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    _ = poll(
      &polled, nfds_t(polled.count), terminal.keyPatience.map { Int32($0 / .milliseconds(1)) + 1 } ?? -1)
  }
}
