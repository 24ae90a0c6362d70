import CommandLanguage
import MilterProtocol
import TraceModel

/// What every event comes with: the time, what the operator has set, and where records and acts go.
///
/// One value for the run of all machines. Settings are changed by the operator, and by rules that count what they do.
package struct Turn: Sendable {
  package var now = Moment.zero
  /// Wall clock at moment zero: microseconds since 1970.
  package var startedAt: Int64 = 0
  /// Seconds east of UTC of the clock by which rules mean times of day.
  package var utcOffset = 0
  package var settings: ProxySettings
  package var effects = Effects()
  /// What is left of this turn for the patterns of rules.
  package var effort = SearchEffort.ofTurn

  package init(_ settings: ProxySettings = ProxySettings()) { self.settings = settings }

  mutating func record(_ event: Record.Event, of connection: Int) {
    effects.records.append(Record(time: now, connection: connection, event: event))
  }

  mutating func act(_ act: Effects.Act) { effects.acts.append(act) }
}
