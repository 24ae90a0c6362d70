import MilterProtocol
import TraceModel

/// One connection in the index.
package struct ConnectionEntry: Sendable, Equatable {
  /// Its number in the trace.
  package let number: Int
  /// Its rows lie in this range, those of others among them; empty before its first packet.
  package var rows: Range<Int> { firstRow..<endRow }
  @CompactCount package internal(set) var firstRow = 0
  @CompactCount package internal(set) var endRow = 0
  @CompactCount package internal(set) var packetCount = 0
  @CompactCount package internal(set) var messageCount = 0
  package internal(set) var openedAt: Moment?
  /// The connection whose MTA it plays to a shadow of the milter; nil for one of an MTA.
  @CompactIndex package internal(set) var shadowOf: Int? = nil
  package internal(set) var closedAt: Moment?
  /// Rows of the latest CONNECT and HELO.
  @CompactIndex package internal(set) var connectRow: Int? = nil
  @CompactIndex package internal(set) var heloRow: Int? = nil
  @CompactCount package internal(set) var findingCount = 0
  package internal(set) var severity: Finding.Severity?
  /// Which MTA it is, as far as anything in the connection tells, be it later than the packet that one looks at.
  package internal(set) var mta: KnownMTA?
  /// Its tap's place among those of the index, from 1; 0 for none.
  var tap: UInt8 = 0
  /// The record of its opening.
  @CompactIndex package internal(set) var openedRecord: Int? = nil
  /// The record of the leg that ended first: what ended the connection.
  @CompactIndex package internal(set) var endedRecord: Int? = nil

  /// Index of its latest message.
  @CompactIndex var latestMessage: Int? = nil
  /// Its place in ``LiveFacts``; nil once it is over.
  @CompactIndex var live: Int? = nil
  /// Whether its facts were given up, so that those at ``live``, if any, are not whole.
  var isForgotten = false
  /// The latest record that changed its facts.
  @CompactIndex var factsRecord: Int? = nil
  /// Its packets outside any message, by the table of spans.
  var outside: UInt32
  @CompactCount var packetsSinceSnapshot = 0

  init(number: Int, outside: UInt32) {
    self.number = number
    self.outside = outside
  }

  package var isOpen: Bool { closedAt == nil }
}
