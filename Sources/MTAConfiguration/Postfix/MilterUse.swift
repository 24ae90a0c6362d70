/// One service of `master.cf` with the milters that it connects to.
struct MilterUse: Equatable {
  let service: PostfixService
  /// `smtpd_milters` or `non_smtpd_milters`.
  let parameter: String
  let milters: [PostfixMilter]

  var isOverridden: Bool { service.overrides(parameter) }

  /// Where one changes the list.
  var place: String { isOverridden ? "master.cf, \(service.title)" : "main.cf, \(parameter)" }
}

extension PostfixConfiguration {
  /// Who connects to milters: `smtpd` to those of `smtpd_milters`; for mail that comes over no `smtpd` (sendmail(1), qmqpd)
  /// the `cleanup` that takes it, to those of `non_smtpd_milters`.
  var uses: [MilterUse] {
    let smtpd = services.filter { $0.program == "smtpd" }.map {
      use($0, "smtpd_milters")
    }
    let names = Set(
      services.filter { $0.program == "pickup" || $0.program == "qmqpd" }
        .map { value("cleanup_service_name", at: $0) })
    let cleanup = services.filter { $0.program == "cleanup" && names.contains($0.name) }.map {
      use($0, "non_smtpd_milters")
    }
    return smtpd + cleanup
  }

  private func use(_ service: PostfixService, _ parameter: String) -> MilterUse {
    // What comes back from a content filter passes no milter again.
    let options = PostfixLines.words(value("receive_override_options", at: service), commas: true)
    let isOff = parameter == "smtpd_milters" && options.contains("no_milters")
    let milters = isOff ? [] : PostfixMilter.list(value(parameter, at: service))
    return MilterUse(service: service, parameter: parameter, milters: milters)
  }

  func isChrooted(_ service: PostfixService) -> Bool {
    let level = value("compatibility_level").prefix { $0 != "." }
    return service.isChrooted(byDefault: Int(level) ?? 0 < 1)
  }

  /// Version of Postfix, as `postconf` tells it: `[3, 7]`; empty where nobody does.
  var version: [Int] { value("mail_version").split(separator: ".").prefix(2).compactMap { Int($0) } }

  /// Seconds of `30s`, `5m`, `1h`, `2d`, `1w`, or a number of seconds; nil for what is none of these.
  static func seconds(_ text: String) -> Int? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits) else { return nil }
    let units = ["": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
    return units[String(text.dropFirst(digits.count).prefix(1))].map {
      number.multipliedReportingOverflow(by: $0)
    }
    .flatMap { $0.overflow ? nil : $0.partialValue }
  }
}
