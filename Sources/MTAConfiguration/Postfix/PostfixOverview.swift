/// Which mail passes which milters, and what a dead one does to it, as a table.
struct PostfixOverview {
  let configuration: PostfixConfiguration

  init(_ configuration: PostfixConfiguration) { self.configuration = configuration }

  func rows(_ uses: [MilterUse]) -> [[String]] {
    guard !uses.isEmpty else { return [] }
    var rows = [["service", "mail", "chroot", "milters", "when one is dead"]]
    for use in uses {
      let chroot = configuration.isChrooted(use.service) ? configuration.value("queue_directory") : "no"
      guard !use.milters.isEmpty else {
        rows.append([use.service.title, mail(use), chroot, "none" + why(use), ""])
        continue
      }
      for milter in use.milters {
        rows.append([use.service.title, mail(use), chroot, milter.address, effect(milter, use)])
      }
    }
    return rows
  }

  private func mail(_ use: MilterUse) -> String {
    use.parameter == "smtpd_milters" ? "by SMTP" : "local (sendmail), qmqpd"
  }

  private func why(_ use: MilterUse) -> String {
    let options = configuration.value("receive_override_options", at: use.service)
    if use.parameter == "smtpd_milters", options.contains("no_milters") { return " (no_milters)" }
    return use.isOverridden ? " (-o \(use.parameter)=)" : " (\(use.parameter) is empty)"
  }

  private func effect(_ milter: PostfixMilter, _ use: MilterUse) -> String {
    let text =
      milter.own("default_action") ?? configuration.value("milter_default_action", at: use.service)
    guard let action = DefaultAction(rawValue: text) else { return "451 4.3.5: no action '\(text)'" }
    return use.parameter == "smtpd_milters" ? action.effect : action.localEffect
  }
}
