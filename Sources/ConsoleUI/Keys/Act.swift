/// What a key does to the screen, by the word that `bind` and the `:` prompt know it under.
///
/// Acts change only what the operator looks at; whatever reaches a connection is an `Instruction`.
package enum Act: String, Hashable, Sendable, CaseIterable {
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
  case maximise

  case timeline, messages, findings, stats

  case filterPrompt = "ask-filter"
  case searchPrompt = "ask-search"
  case notePrompt = "ask-note"
  case writePrompt = "ask-write"
  case prompt

  case next, previous
  case nextFinding = "next-finding"
  case previousFinding = "previous-finding"
  case toggleMark = "toggle-mark"
  case nextMark = "next-mark"
  case time, diff, follow, freeze, copy

  case help, redraw, suspend, leave
}
