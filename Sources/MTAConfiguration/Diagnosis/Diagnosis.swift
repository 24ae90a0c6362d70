/// What a look at a set-up found: what is there, what is wrong with it, and what could not be looked at.
package struct Diagnosis: Equatable, Sendable {
  package var sections: [Section] = []
  package var faults: [Fault] = []
  /// Each with the reason why.
  package var unseen: [String] = []

  package init() {}

  /// Whether mail is refused, delayed or passed unfiltered for it, or will be.
  package var isSound: Bool { !faults.contains { $0.weight == .wrong } }

  /// What is there, in rows of cells.
  package struct Section: Equatable, Sendable {
    package var title: String
    package var rows: [[String]]

    package init(_ title: String, _ rows: [[String]]) {
      self.title = title
      self.rows = rows
    }
  }

  package mutating func show(_ title: String, _ rows: [[String]]) {
    if !rows.isEmpty { sections.append(Section(title, rows)) }
  }

  /// Takes a fault; one that is known already is the same fault at one more place.
  package mutating func add(_ fault: Fault) {
    guard let known = faults.firstIndex(where: { $0.isSame(as: fault) }) else {
      faults.append(fault)
      return
    }
    for place in fault.places where !faults[known].places.contains(place) {
      faults[known].places.append(place)
    }
  }

  package mutating func cannotSee(_ text: String) {
    if !unseen.contains(text) { unseen.append(text) }
  }

  package mutating func add(_ other: Diagnosis) {
    sections += other.sections
    for fault in other.faults { add(fault) }
    for text in other.unseen { cannotSee(text) }
  }

  /// What is wrong first, what is doubtful behind it.
  package var byWeight: [Fault] {
    faults.filter { $0.weight == .wrong } + faults.filter { $0.weight == .doubtful }
  }
}
