using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Watchword.Core.Otp;
using Watchword.Server.Hosting;

namespace Watchword.Server.Tests.Robustness;

/// <summary>The rooms of the house and the arrows between them, as docs/architecture.md draws them.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Core"] = [],
        ["Storage"] = ["Core"],
        ["Tokens"] = ["Core", "Storage"],
        ["Delivery"] = ["Core", "Storage"],
        ["Events"] = ["Core", "Storage", "Delivery"],
        ["Administration"] = ["Core", "Storage", "Tokens", "Delivery", "Events"],
        ["Api"] = ["Core", "Storage", "Tokens", "Delivery", "Events", "Administration"],
        ["Portal"] = ["Core", "Storage", "Tokens", "Delivery", "Events", "Administration"],
        ["Development"] = ["Core", "Storage", "Tokens", "Delivery", "Events", "Administration"],
        ["Hosting"] = ["Core", "Storage", "Tokens", "Delivery", "Events", "Administration", "Api", "Portal", "Development"],
    };

    private static readonly Architecture House = new ArchLoader().LoadAssemblies(typeof(WatchwordHost).Assembly, typeof(Passcode).Assembly).Build();

    [Fact]
    public void No_room_uses_another_that_it_may_not()
    {
        var arrows = Arrows(RoomOf);
        Assert.True(arrows.Count > 100, "Too few dependencies were seen to prove anything.");
        Assert.Empty(arrows.Where(a => !MayUse[a.From].Contains(a.To)).Select(a => a.Text));
        Assert.Empty(MayUse.Keys.Except(arrows.SelectMany(a => new[] { a.From, a.To })).Except(["Portal"]));
    }

    [Fact]
    public void No_slice_of_the_Api_uses_another()
    {
        var arrows = Arrows(name => name.StartsWith("Watchword.Server.Api.", StringComparison.Ordinal) ? name.Split('.')[3] : null);
        Assert.Empty(arrows.Select(a => a.Text));
        Assert.Equal(["Audit", "Management", "Messages", "Oidc", "Otp", "Sessions", "Users"], House.Types.Select(t => t.Namespace?.FullName ?? "").Where(n => n.StartsWith("Watchword.Server.Api.", StringComparison.Ordinal)).Select(n => n.Split('.')[3]).Distinct().Order());
    }

    [Fact]
    public void Every_type_of_ours_is_in_a_room() =>
        Assert.Empty(House.Types
            .Where(t => t.Assembly.Name.StartsWith("watchword", StringComparison.OrdinalIgnoreCase) && t.Namespace?.FullName is { } name && name.StartsWith("Watchword.", StringComparison.Ordinal))
            .Where(t => RoomOf(t.Namespace.FullName) is not { } room || !MayUse.ContainsKey(room))
            .Select(t => t.FullName));

    [Fact]
    public void The_core_has_no_packages_but_the_phone_number_library_and_does_no_IO()
    {
        var references = typeof(Passcode).Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.Equal(["PhoneNumbers"], references.Where(r => !r.StartsWith("System.", StringComparison.Ordinal)));
        Assert.DoesNotContain(references, r => r.StartsWith("System.IO", StringComparison.Ordinal) || r.StartsWith("System.Net", StringComparison.Ordinal) || r.StartsWith("System.Data", StringComparison.Ordinal));
        string[] forbidden = ["System.IO.", "System.Net.", "System.Threading.Tasks.", "System.TimeProvider", "System.Console", "System.Environment", "Microsoft."];
        Assert.Empty(House.Types.Where(t => RoomOf(t.Namespace?.FullName ?? "") == "Core")
            .SelectMany(t => t.Dependencies.Where(d => forbidden.Any(f => d.Target.FullName.StartsWith(f, StringComparison.Ordinal))).Select(d => $"{t.FullName} uses {d.Target.FullName}"))
            .Distinct());
    }

    private static List<(string From, string To, string Text)> Arrows(Func<string, string?> placeOf) =>
        [.. House.Types
            .SelectMany(type => type.Dependencies.Select(d => (From: placeOf(type.Namespace?.FullName ?? ""), To: placeOf(d.Target.Namespace?.FullName ?? ""), Text: $"{type.FullName} uses {d.Target.FullName}")))
            .Where(a => a.From is not null && a.To is not null && a.From != a.To)
            .Select(a => (a.From!, a.To!, a.Text))
            .Distinct()];

    private static string? RoomOf(string name) => name.Split('.') switch
    {
        ["Watchword", "Core", ..] => "Core",
        ["Watchword", "Server", var room, ..] => room,
        _ => null,
    };
}
