import Cells
import Timeline
import TraceModel

/// The Messages view: a row a mail, the newest first.
struct MessagesPane: ListPane {
  var list = ListState()
  private(set) var mails = ShownMails()
  /// The scope that the rows were made for.
  private var made: Int?
  /// How much room the values need that were on screen so far: columns grow to it and do not shrink.
  private(set) var needs = MailNeeds()

  var view: ListView { .messages }

  func share(_ scene: Scene) -> Layout.Share? { Layout.Share(listColumns: 150, listRows: mails.count + 2) }

  /// Measures the mails on screen.
  mutating func measure(_ scene: Scene) {
    for line in list.visible {
      guard let mail = mails.mail(line: line) else { continue }
      needs.take(cells(mail, below: nil, scene.trace, .long))
    }
  }

  /// Brings the rows up to what is known. A mail stays selected however many come; the newest does at the top, unless
  /// something of it waits to be judged.
  mutating func refresh(_ scene: Scene) {
    let selected = selectedMail
    if made != scene.scope.revision { (mails, made) = (ShownMails(), scene.scope.revision) }
    if let filter = scene.scope.filter {
      mails.extend(matches: filter.pass.rows, scene.trace.index)
    } else {
      mails.extend(to: scene.extent.mails)
    }
    let isAtTop = list.cursor == 0
    list.setCount(mails.count)
    if let selected, !(isAtTop && scene.settings.follow && !scene.trace.isHeld(mail: selected)) {
      list.keep(mails.line(of: selected))
    }
  }

  /// Index of the mail that is selected.
  var selectedMail: Int? { mails.mail(line: list.cursor) }

  func message(_ scene: Scene) -> MessageEntry? { selectedMail.map { scene.trace.messages[$0] } }

  func packet(_ scene: Scene) -> Int? { message(scene).flatMap { $0.decision?.row ?? $0.rows.upperBound } }

  func revision(_ scene: Scene) -> Int { message(scene)?.rows.upperBound ?? 0 }

  mutating func reveal(_ mail: Int) { list.reveal(mails.line(of: mail)) }

  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) {
    let trace = scene.trace
    guard let mail = mails.mail(line: line) else { return (false, 1) }
    let packets = trace.index.rows(ofMessage: mail)
    let entry = trace.messages[mail]
    return (
      search.matches(plainBytes(mail, trace)) || packets.contains { search.matches(row: $0, trace) },
      1 + entry.rows.count / 4 + entry.bytes / TimelineIndex.bytesPerStep
    )
  }
}
