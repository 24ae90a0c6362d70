import CNcurses
import Cells
import Glibc

/// The real terminal: frames in, keys out. Nothing else.
///
/// It owns no loop and waits for nothing but the terminal itself: the caller polls `descriptor` (and its own
/// descriptors) for at most `keyPatience`, then takes keys with `nextKey()` until there are none. `SIGWINCH`,
/// `SIGTSTP`, `SIGINT`, `SIGTERM` and `SIGHUP` are the caller's, blocked and read from a signalfd; it answers
/// the first two with `resized()` and `suspend()`. One at a time, on the main thread.
package final class Terminal {
  package struct Options: Sendable {
    /// Colours where the terminal has them. `NO_COLOR` in the environment, not empty, turns them off as well.
    package var color = true

    package init() {}
  }

  /// Becomes readable when keys may be there.
  package let descriptor: Int32

  package private(set) var size: Size

  /// Whether the terminal has gone: closed window, lost line. Nothing more can be read or drawn.
  package private(set) var isClosed = false

  /// Mouse reports; while they are on, the terminal's own selection needs Shift.
  package var reportsMouse = false {
    didSet { if reportsMouse != oldValue { mm_term_mouse(reportsMouse) } }
  }

  /// Which colours to draw with.
  package var theme = Theme.auto {
    didSet { if theme != oldValue { choosePalette() } }
  }

  private var palette: Palette
  /// When the terminal was asked for its background and has not answered; nil otherwise.
  private var askedGround: ContinuousClock.Instant?
  private var decoder = KeyDecoder()
  private var lastInput = ContinuousClock.now
  private var shown: Frame?
  private var isDefined = [Bool](repeating: false, count: 1 << 16)

  /// Takes the terminal over, until `stop()`, exit or a crash gives it back.
  package init(_ options: Options = Options()) throws(TerminalError) {
    mm_term_locale()
    descriptor = mm_term_open()
    guard descriptor >= 0 else { throw .noTerminal }
    let name = Self.environment("TERM") ?? ""
    let color = options.color && (Self.environment("NO_COLOR") ?? "").isEmpty
    switch mm_start(UInt32(mm_term_start(descriptor, color))) {
    case MM_STARTED: break
    case MM_UNKNOWN_TERMINAL:
      close(descriptor)
      throw .unknownTerminal(name)
    case MM_DUMB_TERMINAL:
      close(descriptor)
      throw .cannotPlaceCursor(name)
    default:
      close(descriptor)
      throw .noMemory
    }
    palette = Palette(colors: Int(mm_term_colors()), background: Self.environment("COLORFGBG"))
    size = Self.size(of: descriptor)
  }

  deinit {
    mm_term_stop()
    close(descriptor)
  }

  /// Gives the terminal back as it was found. What is drawn afterwards goes nowhere.
  package func stop() {
    awaitGround()
    mm_term_stop()
  }

  // MARK: Drawing

  /// Shows `frame`, sending only what differs from the one before. What does not fit is cut off.
  package func draw(_ frame: Frame) {
    let before = shown?.size == frame.size ? shown : nil
    let rows = min(frame.size.rows, size.rows)
    var unsure: [(row: Int, columns: Range<Int>)] = []
    for row in 0..<rows {
      let columns: Range<Int>
      if let before {
        guard let change = frame.change(inRow: row, since: before) else { continue }
        columns = change
      } else {
        columns = 0..<frame.size.columns
      }
      let visible = columns.clamped(to: 0..<size.columns)
      guard !visible.isEmpty else { continue }
      let isUnsure = prepare(frame, row: row, columns: visible)
      put(frame, row: row, columns: visible, hidingWide: isUnsure)
      if isUnsure { unsure.append((row, visible)) }
    }
    if !unsure.isEmpty {
      mm_term_flush()
      for (row, columns) in unsure {
        put(frame, row: row, columns: columns, hidingWide: false)
        mm_term_flush_unsure()
      }
    }
    let cursor = frame.cursor ?? Point(column: 0, row: -1)
    mm_term_cursor(Int32(cursor.row), Int32(cursor.column))
    mm_term_flush()
    shown = frame
  }

  /// Defines the styles seen for the first time, and says whether terminals may differ on a width in there.
  private func prepare(_ frame: Frame, row: Int, columns: Range<Int>) -> Bool {
    let cells = frame.cells.span
    let start = row * frame.size.columns
    var isUnsure = false
    for column in columns {
      let cell = cells[start + column]
      if cell.isWide || cell.mark != nil { isUnsure = true }
      let style = cell.style
      if !isDefined[Int(style.bits)] {
        isDefined[Int(style.bits)] = true
        let look = palette.look(of: style)
        mm_term_define(style.bits, look.foreground, look.background, look.attributes.rawValue)
      }
    }
    return isUnsure
  }

  private func put(_ frame: Frame, row: Int, columns: Range<Int>, hidingWide: Bool) {
    let start = row * frame.size.columns + columns.lowerBound
    frame.cells.withUnsafeBytes { bytes in
      let words = bytes.bindMemory(to: UInt64.self)
      mm_term_put(
        Int32(row), Int32(columns.lowerBound), words.baseAddress.map { $0 + start }, Int32(columns.count),
        hidingWide)
    }
  }

  /// Everything is drawn anew with the next frame, after something else wrote on the screen (`^L`).
  package func redraw() {
    mm_term_clear()
    shown = nil
  }

  /// Takes notice of a new size (`SIGWINCH`) and returns it; the next frame is drawn whole.
  @discardableResult
  package func resized() -> Size {
    size = Self.size(of: descriptor)
    mm_term_resize(Int32(size.columns), Int32(size.rows))
    shown = nil
    return size
  }

  /// Whether all of the screen is still to be drawn, with the next frame.
  package var isBlank: Bool { shown == nil }

  // MARK: Colours

  /// Asks for the background's colour, where terminals of that kind answer or at least keep quiet (OSC 11). The answer comes
  /// among the keys, and is none; nobody waits for it.
  package func askGround() {
    guard palette.depth != .mono, mm_term_speaks_ansi(), Self.environment("TERM") != "linux" else { return }
    let question = Array("\u{1b}]11;?\u{1b}\\".utf8)
    if mm_term_write(question, question.count) { askedGround = .now }
  }

  private func choosePalette() {
    let chosen =
      switch theme {
      case .mono: Palette(colors: 0)
      case .dark, .light: Palette(colors: Int(mm_term_colors()), isLight: theme == .light)
      case .auto:
        decoder.hasLightGround.map { Palette(colors: Int(mm_term_colors()), isLight: $0) }
          ?? Palette(colors: Int(mm_term_colors()), background: Self.environment("COLORFGBG"))
      }
    guard chosen != palette else { return }
    palette = chosen
    // Styles and pairs are forgotten together, and nothing that was drawn with them stays.
    isDefined = [Bool](repeating: false, count: isDefined.count)
    mm_term_forget_styles()
    redraw()
  }

  /// An answer that is still on its way would be typed into whatever has the terminal next.
  private func awaitGround() {
    defer { askedGround = nil }
    guard let askedGround, askedGround.duration(to: .now) < .seconds(1) else { return }
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    if Glibc.poll(&poll, 1, 150) > 0 { _ = read() }
  }

  // MARK: Keys

  /// The next key, or nil when there is none now. Never waits.
  package func nextKey() -> Key? {
    let ground = decoder.hasLightGround
    defer { heed(ground) }
    if let key = decoder.next() { return key }
    if read(), let key = decoder.next() { return key }
    guard let patience = decoder.patience, lastInput.duration(to: .now) >= patience else { return nil }
    return decoder.giveUp() ?? decoder.next()
  }

  /// How long a poll may wait before `nextKey()` must be asked again though nothing arrived: an Esc, or a
  /// sequence that breaks off. Nil: for ever.
  package var keyPatience: Duration? {
    decoder.patience.map { max(.zero, $0 - lastInput.duration(to: .now)) }
  }

  /// Reads what is there; whether anything was.
  private func read() -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard !isClosed, Glibc.poll(&poll, 1, 0) > 0 else { return false }
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }
    guard !bytes.isEmpty else {
      isClosed = true
      return false
    }
    decoder.receive(bytes)
    lastInput = .now
    return true
  }

  /// Takes notice of what the terminal told of itself.
  private func heed(_ before: Bool?) {
    guard decoder.hasLightGround != before else { return }
    askedGround = nil
    choosePalette()
  }

  // MARK: Leaving it for a while

  /// What becomes of the program when the screen is suspended.
  package enum Suspension: Sendable {
    /// It stops with the screen.
    case whole
    /// Only the screen goes away.
    case screenAlone
    /// No shell could have the terminal meanwhile.
    case impossible
  }

  package static var suspension: Suspension {
    if mm_job_is_split() { return .screenAlone }
    return getsid(0) == getpid() ? .impossible : .whole
  }

  /// From now on the program goes on while its screen is suspended: in a process of its own, behind the one that the shell knows.
  /// Before there is a second thread. Nothing changes where there is no shell.
  package static func keepApart() { _ = mm_job_split() }

  /// Whether the shell has the terminal, until `comeBack()`: nothing may be drawn or read.
  package private(set) var isAway = false

  /// Gives the terminal back to the shell, as `SIGTSTP` asks. Returns at once and `isAway`, or else when the program, which stopped
  /// with it, goes on, with a size that may be new and everything to be drawn.
  package func suspend() {
    awaitGround()
    mm_term_pause()
    if mm_job_is_split() {
      mm_job_leave()
      isAway = true
    } else {
      mm_term_stop_process()
      mm_term_resume()
      hasResumed()
    }
  }

  /// Takes the terminal again where the shell has handed it over; whether it did. Everything is to be drawn then.
  package func comeBack() -> Bool {
    guard isAway, mm_job_has_terminal() else { return false }
    mm_term_resume()
    hasResumed()
    return true
  }

  /// Runs a program, such as an editor, on the terminal in place of the screen, and returns its exit status
  /// (128 and the signal's number when one ended it). Waits for it; the engine has its own thread.
  package func run(_ arguments: [String]) throws(TerminalError) -> Int32 {
    awaitGround()
    defer { hasResumed() }
    var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    defer { for pointer in vector { free(pointer) } }
    vector.append(nil)
    var error: Int32 = 0
    let status = mm_term_run(&vector, &error)
    guard status >= 0 else {
      throw .cannotRun(arguments.first ?? "", String(cString: strerror(error)))
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// Whether a program runs in place of the screen. From any thread.
  package static var isRunningProgram: Bool { mm_term_program() > 0 }

  /// Sends the program that runs in place of the screen a signal, and the one that no program can refuse where it is still there
  /// after a while. From any thread, time and again.
  package static func endProgram(with signal: Int32) { mm_term_end_program(signal) }

  /// Throws away what the terminal has not taken, so that whoever waits for it goes on. From any thread.
  package static func discardOutput(of descriptor: Int32) {
    // Flushing makes room and tells nobody; going on after a stop wakes whoever waits for it.
    tcflow(descriptor, TCOOFF)
    tcflush(descriptor, TCOFLUSH)
    tcflow(descriptor, TCOON)
  }

  private func hasResumed() {
    isAway = mm_term_is_paused()
    size = Self.size(of: descriptor)
    shown = nil
  }

  // MARK: Clipboard

  /// The longest text that terminals take by OSC 52: 100,000 bytes of sequence in xterm and tmux.
  package static let copyBytesLimit = 74_000

  /// Puts bytes on the operator's clipboard through the terminal (OSC 52); false when they are too many. Only for what the
  /// operator asked to copy. What the terminal does with it, it does not say.
  package func copy(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= Self.copyBytesLimit else { return false }
    let sequence = Clipboard.sequence(copying: bytes)
    return mm_term_write(sequence, sequence.count)
  }

  // MARK: Asking the system

  private static func size(of descriptor: Int32) -> Size {
    var (columns, rows): (Int32, Int32) = (0, 0)
    mm_term_size(descriptor, &columns, &rows)
    return Size(columns: Int(columns), rows: Int(rows))
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
