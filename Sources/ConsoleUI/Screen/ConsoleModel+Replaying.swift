import TraceModel

// Saying the selected mail again to a milter; the outside does it, and brings what to compare.
extension ConsoleModel {
  /// Where mails are replayed: what was said of it, else the milter of the proxy; nil where it is to be asked for.
  var milter: String? {
    if let said = scene.trace.replaysAt { return said }
    switch scene.trace.origin {
    case .live(_, let milter, _), .attached(_, let milter, _):
      // Of several milters the one that had the mail.
      guard let head = scene.trace.source.head, !head.taps.isEmpty, let row = subject.row else {
        return milter
      }
      return scene.trace.opening(ofConnection: scene.trace.index.connectionIndex(at: row))?.milter
    case .files, .demo: return nil
    }
  }

  /// Where mails are replayed, whatever the trace says.
  package var replaysAt: String? {
    get { scene.trace.replaysAt }
    set { scene.trace.replaysAt = newValue }
  }

  func askChanges() -> [Response] { subject.row == nil ? subject.nothing : [.ask(.fork, "")] }

  mutating func replay(_ changes: [Instruction]) -> [Response] {
    guard subject.row != nil else { return subject.nothing }
    over.changes = changes
    if let milter { return replay(at: milter) }
    return [.ask(.milter, history[.milter].last ?? scene.trace.source.head?.milter ?? "")]
  }

  mutating func replay(at milter: String) -> [Response] {
    guard let packet = subject.forked else { return subject.nothing }
    let changes = over.changes
    over.changes = []
    let request = ReplayRequest(records: subject.replayed, milter: milter, changes: changes, packet: packet)
    return .hint("replaying at \(milter) …") + [.outside(.replay(request))]
  }
}
