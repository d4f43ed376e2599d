using Watchword.Core.Messages;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;

namespace Watchword.Server.Portal.Pages.Delivery;

/// <summary>How a step went.</summary>
internal enum StepMark
{
    /// <summary>It says where the message went.</summary>
    Way,
    Good,
    Bad,
    Unsure,
}

/// <summary>One step that a test message took.</summary>
internal sealed record TestStep(StepMark Mark, string Title, IReadOnlyList<string> Lines);

/// <summary>The way of a test message, step by step, for people.</summary>
internal static class TestSteps
{
    /// <summary>Why nothing was sent; empty when something was.</summary>
    public static IReadOnlyList<string> FaultsOf(TestReport report) =>
        report.Unknown ? ["This provider cannot be used: its settings have to be written again, or it was deleted."]
        : report.RetryAfter is { } seconds ? [$"That were {TestMessages.PerMinute} test messages within a minute. Try again in {seconds} seconds."]
        : [.. report.Faults.Select(Words)];

    /// <summary>The steps of one that was sent.</summary>
    /// <param name="report">What became of it.</param>
    /// <param name="named">Whether somebody chose the provider.</param>
    public static IReadOnlyList<TestStep> Of(TestReport report, bool named)
    {
        var result = report.Result;
        var route = named ? "By the provider that you chose"
            : report.Route is { } title ? $"By the route {title}"
            : "By no route: the first provider of the list";
        List<string> shown = [report.Sender is { } sender ? $"To be shown as {sender}." : "To be shown as the provider's own sender."];
        if (report.SenderNote is { } note)
            shown.Add(note);
        List<string> answer = [];
        if (result.Reason is { } reason)
            answer.Add(reason);
        if (result.ProviderCode is { } code)
            answer.Add($"The provider's code: {code}");
        if (result.ProviderText is { } text)
            answer.Add($"In the provider's words, without numbers and secrets: {text}");
        List<TestStep> steps =
        [
            new(StepMark.Way, route, [report.Region == "ZZ" ? "To an address or number of no country." : $"To {CountryNames.Of(report.Region)}."]),
            new(StepMark.Way, $"Handed to {report.Provider}", shown),
            new(Mark(result.Outcome), DeliveryWords.Outcome(result.Outcome, report.Provider), answer),
        ];
        steps[2] = steps[2] with { Lines = [.. answer, $"It took {DeliveryWords.Milliseconds(report.Took.TotalMilliseconds)}."] };
        if (result.Outcome is SendOutcome.Misconfigured or SendOutcome.TryLater && !named)
            steps.Add(new(StepMark.Way, report.Others > 0 ? $"A code would now go to the next of {report.Others} other {(report.Others == 1 ? "provider" : "providers")}" : "A code would wait and be tried again: there is no other provider", []));
        return steps;
    }

    private static StepMark Mark(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted => StepMark.Good,
        SendOutcome.Unknown => StepMark.Unsure,
        _ => StepMark.Bad,
    };

    /// <summary>The use case speaks of the wire's fields.</summary>
    private static string Words(string fault) => fault switch
    {
        _ when fault.StartsWith("to must be", StringComparison.Ordinal) => "Write a phone number with + and country code, such as +44 7700 900123, or an email address.",
        _ when fault.StartsWith("sender must be", StringComparison.Ordinal) => "A sender name has 1 to 11 letters and digits; or write a number, or for email an address.",
        _ when fault.StartsWith("No provider", StringComparison.Ordinal) => "No provider that is switched on brings this. Add one, or choose one that is off.",
        _ when fault.StartsWith("The provider does not carry", StringComparison.Ordinal) => "This provider does not bring that: an SMS provider needs a phone number, a mail server an email address.",
        _ => fault,
    };
}
