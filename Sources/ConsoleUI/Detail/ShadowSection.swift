import Cells
import MilterProtocol
import Timeline

/// What milter and shadow said about a mail, side by side: what both took for CONTINUE is counted, the rest is a line a command.
struct ShadowSection {
  let trace: TraceView

  /// Of a mail that shadows got, too, and of one that a shadow got.
  func add(_ message: Int, into page: inout DetailPage) {
    if let original = trace.index.original(ofMessage: message) {
      pair(original, message, into: &page)
    } else {
      for shadow in trace.index.shadows(ofMessage: message) { pair(message, shadow, into: &page) }
    }
  }

  private struct Step {
    let kind: CommandKind
    var milter: [Said] = []
    var shadow: [Said] = []

    var isPlain: Bool { milter.allSatisfy(\.isPlain) && shadow.allSatisfy(\.isPlain) }
  }

  private struct Said {
    let text: String
    let packet: Int
    let isPlain: Bool
  }

  /// Packets of a mail that are looked at: of a hostile one there may be any number.
  private static let most = 5000

  private func pair(_ milter: Int, _ shadow: Int, into page: inout DetailPage) {
    let connection = trace.messages[shadow].connection
    let address = trace.opening(ofConnection: connection)?.milter ?? ""
    let count = trace.index.differences(ofShadowsMessage: shadow)
    page.heading(
      "Shadow c\(trace.connections[connection].number) \(address): "
        + (count == 0
          ? (trace.messages[shadow].phase == .lost ? "given up" : "no difference")
          : NumberText.count(count, "difference")))
    let steps = steps(milter, shadow)
    let column = max(8, (page.width - page.labelColumns - 5) / 2)
    var plain = 0
    if steps.contains(where: { !$0.isPlain }) {
      page.row("", words("milter", column, .name) + DisplayText("shadow", style: Style(.name)))
    }
    for step in steps {
      if step.isPlain {
        plain += 1
        continue
      }
      for place in 0..<max(step.milter.count, step.shadow.count) {
        let one = step.milter.indices.contains(place) ? step.milter[place] : nil
        let other = step.shadow.indices.contains(place) ? step.shadow[place] : nil
        let role: Style.Role = one?.text == other?.text ? .value : .warn
        let label = DisplayText(place == 0 ? step.kind.name : "", style: Style(.name))
        let text = words(one?.text ?? "·", column, role) + words(other?.text ?? "·", column, role)
        page.row(label, text, packet: other?.packet ?? one?.packet)
      }
    }
    if plain > 0 {
      page.add(
        .remark(
          "both let \(NumberText.count(plain, plain == steps.count ? "command" : "other command")) pass",
          indent: 2))
    }
  }

  private func words(_ text: String, _ columns: Int, _ role: Style.Role) -> DisplayText {
    DisplayText(text, style: Style(role)).fitted(to: columns - 1) + " "
  }

  private func steps(_ milter: Int, _ shadow: Int) -> [Step] {
    var steps: [Step] = []
    var places: [Key: Int] = [:]
    collect(milter, \.milter, &steps, &places)
    collect(shadow, \.shadow, &steps, &places)
    return steps
  }

  private struct Key: Hashable {
    let kind: UInt8
    let number: Int
  }

  private func collect(
    _ message: Int, _ side: WritableKeyPath<Step, [Said]>, _ steps: inout [Step], _ places: inout [Key: Int]
  ) {
    var counts: [UInt8: Int] = [:]
    for row in trace.index.rows(ofMessage: message).prefix(Self.most) {
      guard case .command(let kind) = trace.index.glance(at: row).kind, kind != .macro else { continue }
      let key = Key(kind: kind.rawValue, number: counts[kind.rawValue, default: 0])
      counts[kind.rawValue, default: 0] += 1
      let place = places[key] ?? steps.count
      if place == steps.count {
        steps.append(Step(kind: kind))
        places[key] = place
      }
      steps[place][keyPath: side] = trace.index.replyRows(to: row).compactMap(said)
    }
  }

  private func said(_ row: Int) -> Said? {
    guard case .reply(let kind) = trace.index.glance(at: row).kind, kind.role != .keepAlive,
      let packet = trace.packet(at: row)
    else { return nil }
    let isPlain = kind == .continue || kind == .skip
    let summary =
      isPlain || kind.role == .verdict && kind != .replyCode ? "" : " " + PacketSummary(packet).text
    return Said(text: kind.name + summary, packet: trace.index.number(at: row), isPlain: isPlain)
  }
}
