import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The Messages view: a row a mail, the newest last, or in another order.
struct MessagesPane: ListPane {
  var list = ListState()
  private(set) var mails = ShownMails()
  /// The scope that the rows were made for.
  private var made: Int?
  private(set) var order = MailOrder.time
  /// Records that were in, and the time, when the mails were put in that order.
  private var arranged = (records: 0, at: Moment.zero)
  /// How much room the values need that were on screen so far: columns grow to it and do not shrink.
  private(set) var needs = MailNeeds()

  var view: ListView { .messages }

  /// With columns for several milters the list has use for more of the screen.
  func share(_ scene: Scene) -> Layout.Share? {
    let more = MailByTap.width(scene.trace)
    var share = Layout.Share(listColumns: 150 + more, listRows: mails.count + 2)
    share.sideBySideFrom += more * 2
    return share
  }

  /// Measures the mails on screen.
  mutating func measure(_ scene: Scene) {
    for line in list.visible {
      guard let mail = mails.mail(line: line) else { continue }
      needs.take(cells(mail, below: nil, scene.trace, .long))
    }
  }

  /// Brings the rows up to what is known. A mail stays selected however many come; at the end of the list the newest does,
  /// unless something of the selected one waits to be judged.
  mutating func refresh(_ scene: Scene) {
    let selected = selectedMail
    let isAtEnd = list.cursor >= list.count - 1
    if made != scene.scope.revision {
      (mails, made) = (ShownMails(from: scene.scope.start?.mails ?? 0), scene.scope.revision)
    }
    if let filter = scene.scope.filter {
      mails.extend(matches: filter.pass.rows, scene.trace.index)
    } else {
      mails.extend(to: scene.extent.mails, scene.trace.index)
    }
    arrange(scene)
    list.setCount(mails.count)
    if isAtEnd, order == .time, scene.settings.follow,
      !(selected.map { scene.trace.isHeld(mail: $0) } ?? false)
    {
      list.select(mails.count - 1)
    } else if let selected {
      list.keep(mails.line(of: selected))
    }
  }

  /// Puts them in order where that is not the one of time: as records come, of many mails not for each frame.
  private mutating func arrange(_ scene: Scene) {
    guard order != .time else { return }
    let (records, now) = (scene.trace.index.recordCount, scene.trace.now)
    let isOld = mails.count < 2000 || now - arranged.at >= .seconds(1)
    guard !mails.isArranged || arranged.records != records && isOld else { return }
    mails.arrange(by: order, scene.trace)
    arranged = (records, now)
  }

  /// In the next order; the selected mail stays selected.
  mutating func sort(_ scene: Scene) -> [Response] {
    let selected = selectedMail
    order = order.next
    made = nil
    refresh(scene)
    if let selected { reveal(selected) }
    return .done("mails \(order.words)")
  }

  func hints(isHeld: Bool) -> [Act] { isHeld ? Self.heldHints : Self.sortedHints }

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
