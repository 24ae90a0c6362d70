import CommandLanguage
import Mail
import MilterProtocol
import ProxyCore
import ProxyRuntime
import Sending
import Timeline
import TraceModel

/// What is to be said otherwise in a replay, and of which packets of the trace.
struct AskedChanges {
  let assignments: [Assignment]
  let rules: [Rule]

  /// One packet of the trace, and what is done about it.
  struct Order {
    let row: Int
    let written: Instruction
    let meaning: Result<Instruction, Refusal>
  }

  /// By connection of the index, in the order of packets.
  func orders(in index: TimelineIndex, _ source: any RecordSource) -> [Int: [Order]] {
    var orders: [Int: [Order]] = [:]
    for assignment in assignments {
      let instruction = Instruction.set(assignment)
      for c in index.connections.indices {
        orders[c, default: []] += Self.rows(of: assignment.field, in: c, index, source).map {
          Order(row: $0, written: instruction, meaning: .success(instruction))
        }
      }
    }
    for order in ordersOfRules(index, source) {
      orders[index.connectionIndex(at: order.row), default: []].append(order)
    }
    return orders.filter { !$0.value.isEmpty }
  }

  /// What changes from a packet on: its own field; where it has none of that kind, those behind it, and a macro wherever it is told from
  /// there on. What is no field is done about the packet itself.
  static func orders(
    _ instructions: [Instruction], from number: Int, in index: TimelineIndex, _ source: any RecordSource
  ) throws(Failure) -> [Int: [Order]] {
    guard let row = index.row(number: number) else { throw Failure("packet \(number) cannot be read back") }
    let command = index[row].answers ?? index[row].foldsInto ?? row
    let c = index.connectionIndex(at: row)
    var orders: [Order] = []
    for instruction in instructions {
      if let refusal = WhatIf.refusal(of: instruction) {
        throw Failure("\(instruction.text): \(refusal.reason)")
      }
      guard case .set(let assignment) = instruction else {
        orders.append(Order(row: command, written: instruction, meaning: .success(instruction)))
        continue
      }
      let rows = rows(of: assignment.field, from: command, in: c, index, source)
      if rows.isEmpty {
        throw Failure(
          "\(instruction.text): from packet \(index.number(at: command)) on there is nothing of that kind")
      }
      orders += rows.map { Order(row: $0, written: instruction, meaning: .success(instruction)) }
    }
    return [c: orders]
  }

  private static func rows(
    of field: Assignment.Field, from command: Int, in c: Int, _ index: TimelineIndex,
    _ source: any RecordSource
  ) -> [Int] {
    let start = index.macroRows(of: command).min() ?? command
    let rows = rows(of: field, in: c, index, source).filter { $0 >= start }
    // Nobody tells it from there on: then with the packet itself.
    if case .macro = field { return rows.isEmpty ? [command] : rows }
    return rows.contains(command) ? [command] : rows
  }

  // MARK: - Rules

  /// Which packets they match is asked of the trace as it is recorded.
  private func ordersOfRules(_ index: TimelineIndex, _ source: any RecordSource) -> [Order] {
    var rows: Set<UInt32> = []
    for rule in rules where rule.isEnabled {
      let selection = PacketSelection(rule.condition, utcOffset: Clock.localOffset)
      selection.catchUp(with: source)
      rows.formUnion(selection.rows.filter { index[Int($0)].sender == .mta })
    }
    var book = RuleBook(rules)
    let reader = TimelineReader(index, source, utcOffset: Clock.localOffset) {
      MailContent(headers: $0, body: $1, .ofSystem)
    }
    return rows.sorted().flatMap { row in
      var effort = SearchEffort.ofFilter
      return book.orders(on: reader.context(at: Int(row)), &effort).map {
        Order(row: Int(row), written: $0.written, meaning: $0.meaning)
      }
    }
  }

  // MARK: - Fields

  private static func rows(
    of field: Assignment.Field, in c: Int, _ index: TimelineIndex, _ source: any RecordSource
  ) -> [Int] {
    let commands = index.rows(ofConnection: c).filter { index[$0].sender == .mta }
    guard case .macro(let name) = field else {
      return commands.filter { field.kinds.contains(index.glance(at: $0).kind, from: .mta) }
    }
    // A name of several letters without braces is another macro: Sendmail tells that of its first letter (seen with 8.17).
    let wireName = name.count == 1 ? name : [UInt8(ascii: "{")] + name + [UInt8(ascii: "}")]
    var told: [Int] = []
    var isKnown = false
    for row in commands where index.glance(at: row).kind == .command(.macro) {
      guard let packet = index.sentInstead(of: row, from: source) ?? index.packet(at: row, from: source),
        case .command(.macro(let set)) = PacketValue(decoding: packet),
        let pair = set.pairs.first(where: { $0.name == wireName })
      else { continue }
      told.append(row)
      if !pair.value.isEmpty { isKnown = true }
    }
    if isKnown { return told }
    // Nobody had a value: where the MTA would tell it. An MTA that is asked for it may tell that it has none.
    let stages = stages(of: name, index.connections[c].mta)
    let would = commands.filter { row in
      guard case .command(let kind) = index.glance(at: row).kind, let stage = kind.stage else { return false }
      return stages.contains(stage) && !told.contains { index[$0].foldsInto == row }
    }
    return (told + would).sorted()
  }

  private static func stages(of macro: [UInt8], _ mta: KnownMTA?) -> [Stage] {
    let known = KnownMacro.named(macro)
    let provision = mta == .sendmail ? known?.sendmail : known?.postfix
    if case .byDefault(let stages)? = provision { return stages }
    return [.connect]
  }
}
