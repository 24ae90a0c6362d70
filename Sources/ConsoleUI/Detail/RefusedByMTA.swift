import Cells
import TraceModel

/// That the MTA had refused a recipient before it told the milter of it.
enum RefusedByMTA {
  static func add(_ detail: PacketDetail, into page: inout DetailPage) {
    guard let recipient = detail.facts.message?.recipients.last, recipient.isRefusedByMTA,
      recipient.envelope.packet == detail.number
    else { return }
    page.heading("Refused by the MTA")
    page.paragraph(
      "RCPT_REJ was negotiated, so the milter is told of recipients that the MTA refuses; no answer brings one back.",
      indent: 2)
    for (label, name) in [("status", "rcpt_host"), ("text", "rcpt_addr")] {
      guard let macro = detail.facts.macros.value(name.utf8) else { continue }
      page.row(
        DisplayText(label, style: Style(.name)), DisplayText(escaping: macro.value.slice, style: Style(.bad)),
        value: macro.value.bytes)
    }
  }
}
