using Watchword.Core.Limits;
using Watchword.Core.Otp;

namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>The policy of one method while it is edited. An empty field is a fault, never a default.</summary>
public sealed class PolicyDraft
{
    /// <summary>Begins with what is; a closed method with what is usual.</summary>
    public PolicyDraft(OtpChannel channel, OtpPolicy? policy)
    {
        (Channel, Open) = (channel, policy is not null);
        policy ??= new OtpPolicy();
        (ExpiresIn, MaxFailures, LockoutDuration, CodeLength, CrossClientsAllowed) =
            (policy.ExpiresIn, policy.MaxFailures, policy.LockoutDuration, policy.CodeLength, policy.CrossClientsAllowed);
    }

    /// <summary>Which method.</summary>
    public OtpChannel Channel { get; }

    /// <summary>Whether it is open.</summary>
    public bool Open { get; set; }

    /// <summary>Minutes.</summary>
    public int? ExpiresIn { get; set; }

    /// <summary>Wrong codes.</summary>
    public int? MaxFailures { get; set; }

    /// <summary>Minutes.</summary>
    public int? LockoutDuration { get; set; }

    /// <summary>Digits.</summary>
    public int? CodeLength { get; set; }

    /// <summary>Whether another client may use the code.</summary>
    public bool CrossClientsAllowed { get; set; }

    /// <summary>The policy as it would be kept; null: closed.</summary>
    public OtpPolicy? Policy => Open ? new OtpPolicy(ExpiresIn ?? 0, MaxFailures ?? 0, LockoutDuration ?? 0, CodeLength ?? 0, CrossClientsAllowed) : null;

    /// <summary>What is worth a second thought; nothing as long as it could not be kept anyway.</summary>
    public IReadOnlyList<Advice> Advice =>
        Policy is { } policy && !policy.Faults("").Any() ? [.. PolicyAdvice.For(Channel, policy)] : [];
}

/// <summary>Limits on sending while they are edited.</summary>
internal sealed class LimitsDraft(SendLimits limits)
{
    public int? Cooldown { get; set; } = limits.CooldownSeconds;
    public int? PerTenMinutes { get; set; } = limits.PerTenMinutes;
    public int? PerHour { get; set; } = limits.PerHour;
    public int? PerDay { get; set; } = limits.PerDay;

    /// <summary>As they would be kept.</summary>
    public SendLimits Limits => new(Cooldown ?? -1, PerTenMinutes ?? -1, PerHour ?? -1, PerDay ?? -1);

    public IReadOnlyList<Advice> Advice => Limits.Faults().Count == 0 ? [.. PolicyAdvice.For(Limits)] : [];
}
