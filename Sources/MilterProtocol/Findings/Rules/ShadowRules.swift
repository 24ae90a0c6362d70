extension FindingRule {
  package static let shadowDecides = FindingRule(
    "X01", .warning, "a shadow that decides otherwise",
    "nothing for this mail: the shadow is not heard; were it the milter, mail would fare otherwise",
    cure: "compare both milters' configuration and versions, or leave it where the change is wanted",
    source: "`--shadow`: both got the same command")
  package static let shadowChanges = FindingRule(
    "X02", .warning, "a shadow that changes the mail otherwise",
    "nothing for this mail: the shadow is not heard; were it the milter, the mail would arrive otherwise",
    cure: "compare both milters' configuration and versions, or leave it where the change is wanted",
    source: "`--shadow`: both got the same mail")

  static let shadows = [shadowDecides, shadowChanges]
}
