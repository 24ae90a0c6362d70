import MilterProtocol
import TraceModel

/// Answers as strictly as a source may: yes only where the bytes of the packet have the text.
package final class ProbedRecords: RecordSource {
  private let base: any RecordSource
  package private(set) var denied = 0

  package init(_ base: any RecordSource) { self.base = base }

  package var head: TraceHead? { base.head }
  package var count: Int { base.count }
  package func record(at index: Int) -> Record? { base.record(at: index) }

  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool {
    let packet: Packet? =
      switch base.record(at: index)?.event {
      case .received(let received): received.packet
      case .sent(let sent): sent.packet
      default: nil
      }
    let lower = (packet?.bytes ?? []).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let holds = lower.indices.contains { lower[$0...].starts(with: probe.bytes) }
    if !holds { denied += 1 }
    return holds
  }
}
