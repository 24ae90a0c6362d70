import Cells
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// The Session tab: the two ends, and what they negotiated bit by bit.
enum SessionTab {
  static func lines(_ detail: PacketDetail, width: Int, _ trace: TraceView) -> [DetailLine] {
    var page = DetailPage(width: width)
    ends(detail, into: &page, trace)
    let unanswered = detail.ending == nil ? ", no answer yet" : ", never answered"
    negotiation(detail.facts.negotiation, unanswered: unanswered, into: &page)
    return page.lines
  }

  private static func ends(_ detail: PacketDetail, into page: inout DetailPage, _ trace: TraceView) {
    let c = trace.index.connectionIndex(at: detail.row)
    page.heading("Connection c\(detail.connection)")
    if let file = trace.file(ofConnection: c) {
      page.row("file", DisplayText(file))
    }
    if let opened = detail.facts.opened { ends(opened, into: &page) }
    if let client = detail.facts.client {
      var text = DisplayText(escaping: client.hostname.slice)
      if let address = client.address { text += " [" + DisplayText(escaping: address.slice) + "]" }
      if let port = client.port, port > 0 { text += ":\(port)" }
      page.row("SMTP client", text)
    }
    if let helo = detail.facts.helo { page.row("HELO", DisplayText(escaping: helo.slice)) }
    if let opened = trace.connections[c].openedAt {
      page.row("opened", DisplayText(trace.stamp(opened)))
    }
    if let ending = detail.ending { end(ending, of: c, into: &page, trace) }
  }

  private static func ends(_ opened: Opened, into page: inout DetailPage) {
    page.row("MTA", DisplayText(opened.peer) + DisplayText("  to  ", style: .dim) + DisplayText(opened.local))
    page.row("milter", DisplayText(opened.milter ?? "we are the milter"))
    if let original = opened.shadowOf { page.row("shadow", DisplayText("of the milter of c\(original)")) }
    if let tap = opened.tap { page.row("tap", DisplayText(tap)) }
  }

  private static func end(
    _ ending: (time: Moment, closed: Closed), of c: Int, into page: inout DetailPage, _ trace: TraceView
  ) {
    let opened = trace.connections[c].openedAt
    let time = opened.map { trace.clock(ending.time, beside: $0) } ?? trace.stamp(ending.time)
    page.row("ended", DisplayText(time + "  " + ending.closed.words))
  }

  /// Of a connection that ended without a packet: its ends, and what is remarked on it.
  static func lines(_ silent: SilentConnection, width: Int, _ trace: TraceView) -> [DetailLine] {
    var page = DetailPage(width: width)
    page.heading("Connection c\(trace.connections[silent.connection].number)")
    if let file = trace.file(ofConnection: silent.connection) { page.row("file", DisplayText(file)) }
    if let opened = trace.opening(ofConnection: silent.connection) { ends(opened, into: &page) }
    if let opened = trace.connections[silent.connection].openedAt {
      page.row("opened", DisplayText(trace.stamp(opened)))
    }
    if let ending = trace.ending(ofConnection: silent.connection) {
      end(ending, of: silent.connection, into: &page, trace)
    }
    page.row("packets", "none")
    for number in trace.index.recordNumbers(about: silent) {
      guard let found = trace.source.record(at: number).flatMap(trace.index.finding) else { continue }
      page.add(.blank)
      page.paragraph(
        found.severity.mark + DisplayText(" \(found.rule.id) \(found.rule.title): \(found.text)"))
      page.advice(found, indent: 4)
    }
    return page.lines
  }

  // MARK: negotiation

  /// - Parameter unanswered: what there is instead of an answer.
  private static func negotiation(
    _ facts: Negotiation, unanswered: String, into page: inout DetailPage
  ) {
    let matrix = NegotiationMatrix(facts)
    guard let offered = facts.offered, !matrix.rows.isEmpty else { return }
    page.heading("Negotiation")
    let agreed = facts.answered.map { ", \($0.version) agreed" } ?? unanswered
    page.row("version", DisplayText("\(offered.version) offered") + DisplayText(agreed))
    page.add(
      DetailLine(
        "  " + DisplayText("flag", style: .dim).fitted(to: 13) + DisplayText("offer wish  now", style: .dim)))
    for row in matrix.rows { bit(row, into: &page) }
    for list in facts.answered?.symbolLists ?? [] {
      page.row(
        DisplayText("macros at \(OptNeg.SymbolList.stageName(list.stage))", style: Style(.name)),
        DisplayText(escaping: list.names), value: list.names)
    }
  }

  /// What is in force stands out; what is not is there to be looked up.
  private static func bit(_ row: NegotiationMatrix.Row, into page: inout DetailPage) {
    let isOn = row.effective ?? row.requested ?? false
    var head = "  " + DisplayText(row.name, style: isOn ? Style(.name) : .dim).fitted(to: 13)
    head += "  " + sign(row.offered) + "    " + sign(row.requested) + "    " + sign(row.effective) + "   "
    var words = DisplayText()
    if row.isOurs { words += DisplayText("ours  ", style: Style(.edited, .bold)) }
    if row.isUnoffered { words += DisplayText("not offered  ", style: Style(.bad)) }
    words += DisplayText(row.meaning, style: isOn ? .text : .dim)
    let room = page.width - head.width
    if room < leastMeaning {
      page.add(DetailLine(head))
      page.paragraph(words, indent: 4)
      return
    }
    for (index, part) in words.wrapped(to: room).enumerated() {
      page.add(DetailLine((index == 0 ? head : .blanks(head.width)) + part))
    }
  }

  /// With fewer columns beside the signs, the meaning of a bit has a line of its own.
  private static let leastMeaning = 28

  private static func sign(_ on: Bool?) -> DisplayText {
    switch on {
    case true?: DisplayText("●", style: Style(.good))
    case false?: DisplayText("·", style: .dim)
    case nil: " "
    }
  }
}

extension Closed.Ending {
  package var words: String {
    switch self {
    case .peer: "in order"
    case .error(let name): name
    case .unreachable(let why): "could not be reached: \(why)"
    case .ours(let why): "by us: \(why)"
    }
  }
}

extension Closed {
  private var peer: String { leg == .mta ? "MTA" : "milter" }

  /// Who ended the connection, and how.
  var words: String {
    switch how {
    case .peer: "closed by \(peer)"
    case .error("ECONNRESET"): "reset by \(peer)"
    case .error(let name): "failed at \(peer): \(name)"
    case .unreachable(let why): "\(peer) unreachable: \(why)"
    case .ours(let why): "closed by us: \(why)"
    }
  }

  /// The same in two words, for the end of a row.
  var badge: String {
    switch how {
    case .peer: "\(peer) closed"
    case .error("ECONNRESET"): "\(peer) reset"
    case .error: "\(peer) failed"
    case .unreachable: "\(peer) unreachable"
    case .ours: "we closed"
    }
  }
}
