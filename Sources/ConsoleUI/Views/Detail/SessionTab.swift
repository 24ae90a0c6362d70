import MilterProtocol
import TraceModel

/// The Session tab: the two ends and what they negotiated, bit by bit.
enum SessionTab {
  static func lines(_ detail: PacketDetail, width: Int, _ model: ConsoleModel) -> [DetailLine] {
    var page = DetailPage(width: width)
    ends(detail, into: &page, model)
    negotiation(detail.facts.negotiation, into: &page)
    return page.lines
  }

  private static func ends(_ detail: PacketDetail, into page: inout DetailPage, _ model: ConsoleModel) {
    page.heading("Connection c\(detail.connection)")
    if let opened = detail.facts.opened {
      page.row(
        "MTA", DisplayText(opened.peer) + DisplayText("  to  ", style: .dim) + DisplayText(opened.local))
      page.row("milter", DisplayText(opened.milter ?? "we are the milter"))
    }
    if let client = detail.facts.client {
      var text = DisplayText(escaping: client.hostname.slice)
      if let address = client.address { text += " [" + DisplayText(escaping: address.slice) + "]" }
      if let port = client.port, port > 0 { text += ":\(port)" }
      page.row("SMTP client", text)
    }
    if let helo = detail.facts.helo { page.row("HELO", DisplayText(escaping: helo.slice)) }
    for closed in detail.facts.closed {
      page.row(closed.leg == .mta ? "MTA ended" : "milter ended", DisplayText(closed.how.words))
    }
  }

  // MARK: negotiation

  private static func negotiation(_ facts: NegotiationFacts, into page: inout DetailPage) {
    guard let offered = facts.offered else { return }
    page.heading("Negotiation")
    let answered = facts.answered
    page.row(
      "version",
      DisplayText("\(offered.version) offered")
        + (answered.map { ", \($0.version) agreed" } ?? ", no answer yet"))
    page.add(columnHeadings(page))
    for (flag, name) in ActionFlags.table {
      bit(
        name, offered.actions.contains(flag), answered?.actions.contains(flag),
        facts.told?.actions.contains(flag),
        into: &page)
    }
    for (flag, name) in ProtocolFlags.table
    where offered.protocolFlags.contains(flag) || answered?.protocolFlags.contains(flag) == true {
      bit(
        name, offered.protocolFlags.contains(flag), answered?.protocolFlags.contains(flag),
        facts.told?.protocolFlags.contains(flag), into: &page)
    }
    for list in answered?.symbolLists ?? [] {
      page.row(
        DisplayText("macros at \(OptNeg.SymbolList.stageName(list.stage))", style: Style(.name)),
        DisplayText(escaping: list.names), value: list.names)
    }
  }

  private static func columnHeadings(_ page: DetailPage) -> DetailLine {
    DetailLine(
      "  " + DisplayText("flag", style: .dim).fitted(to: 13)
        + DisplayText("offer  wish  in force", style: .dim))
  }

  private static func bit(
    _ name: String, _ offered: Bool, _ wished: Bool?, _ told: Bool?,
    into page: inout DetailPage
  ) {
    let inForce = told ?? wished
    let changed = told != nil && told != wished
    var text = "  " + DisplayText(name, style: inForce == true ? Style(.name) : .dim).fitted(to: 13)
    text += " " + sign(offered) + "      " + sign(wished) + "     " + sign(inForce) + "  "
    if changed { text += DisplayText("ours  ", style: Style(.edited, .bold)) }
    page.add(DetailLine(text.width > page.width ? text.fitted(to: page.width) : text))
  }

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
