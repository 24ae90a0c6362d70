/// What a key does to the screen, by the word that `bind` and the `:` prompt know it under.
///
/// Acts change what the operator looks at, or ask what to do; whatever reaches a connection is an `Instruction`.
package enum Act: String, Equatable, Sendable, CaseIterable {
  case down, up
  case top, bottom
  case halfDown = "half-down"
  case halfUp = "half-up"
  case pageDown = "page-down"
  case pageUp = "page-up"
  case nextTab = "next-tab"
  case previousTab = "previous-tab"
  case pane
  case open, back
  case fold
  case maximise, split
  case borderLeft = "border-left"
  case borderRight = "border-right"

  case timeline, messages, held, findings, rules, stats

  // At the desk, where a person is the milter.
  case accept, reject, tempfail, discard
  case quarantine = "ask-quarantine"
  case ownReply = "ask-reply"
  case allLike = "ask-all"
  case ruleOfDecision = "ask-rule"
  case savePart = "ask-save"

  case forward
  case forwardAll = "forward-all"
  case step
  case verdictMenu = "ask-verdict"
  case changeMenu = "ask-change"
  case drop = "ask-drop"
  case undo, revert
  case form
  case edit
  case close = "ask-close"
  case holdPrompt = "ask-hold"
  case arm

  case addRule = "add-rule"
  case editRule = "edit-rule"
  case switchRule = "switch-rule"
  case deleteRule = "delete-rule"
  case ruleUp = "rule-up"
  case ruleDown = "rule-down"

  case filterPrompt = "ask-filter"
  case searchPrompt = "ask-search"
  case notePrompt = "ask-note"
  case writePrompt = "ask-write"
  case exportMenu = "ask-export"
  case record = "ask-record"
  case prompt

  case next, previous
  case nextFinding = "next-finding"
  case previousFinding = "previous-finding"
  case nextRefusal = "next-refusal"
  case previousRefusal = "previous-refusal"
  case toggleMark = "toggle-mark"
  case nextMark = "next-mark"
  case time, diff, explain, follow, freeze, copy, sort, compared
  case replay, fork
  case clear = "ask-clear"

  case help, redraw, suspend, leave
}

extension Act {
  /// What is done to a packet that waits, the most useful first, for hints.
  static let steering: [Act] = [
    .forward, .forwardAll, .step, .form, .verdictMenu, .changeMenu, .drop, .undo, .revert,
  ]
}
