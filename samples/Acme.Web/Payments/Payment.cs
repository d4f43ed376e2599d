using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Acme.Web.Payments;

/// <summary>How far a payment has come.</summary>
internal enum PaymentState
{
    /// <summary>Waits for the payer's code.</summary>
    Waiting,

    /// <summary>Changed or given up; no code approves it any more.</summary>
    Dropped,

    /// <summary>Approved and carried out.</summary>
    Paid,
}

/// <summary>A payment, as this site knows it: what is carried out is what stands here, whatever a browser says.</summary>
/// <param name="Id">Its name.</param>
/// <param name="UserId">Who pays.</param>
/// <param name="Payee">To whom.</param>
/// <param name="Amount">How much, in euro.</param>
/// <param name="MadeAt">When it was entered.</param>
internal sealed partial record Payment(string Id, string UserId, string Payee, decimal Amount, DateTimeOffset MadeAt)
{
    public const int LongestPayee = 40;

    public PaymentState State { get; init; }

    /// <summary>Comes back with the code.</summary>
    public string? RequestId { get; init; }

    /// <summary>When the code is too old.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When there can be another.</summary>
    public DateTimeOffset ResendAt { get; init; }

    /// <summary>The amount, as payer, message and token have it.</summary>
    public string AmountText => Amount.ToString("0.00", CultureInfo.InvariantCulture) + " EUR";

    /// <summary>What the code approves. Watchword puts it into the ID token, signed.</summary>
    public JsonObject ApprovalData => new() { ["payment"] = Id, ["amount"] = AmountText, ["payee"] = Payee };

    /// <summary>What the message says, so that the payer approves what the site will do and not what some page shows (PSD2 RTS Art. 5).</summary>
    public string Message => $"{{app}}: pay {AmountText} to {Payee}? Your code for exactly this is {{otp}}";

    /// <summary>The amount that was typed, or null: more than nothing, at most 10,000, two places.</summary>
    public static decimal? ReadAmount(string? typed) =>
        decimal.TryParse(typed?.Trim().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
        && amount is > 0 and <= 10_000 && decimal.Round(amount, 2) == amount ? amount : null;

    /// <summary>The payee that was typed, or null. No characters that mean something in a message's template or to a phone.</summary>
    public static string? ReadPayee(string? typed) => typed?.Trim() is { } payee && Name().IsMatch(payee) ? payee : null;

    [GeneratedRegex(@"\A[\p{L}\p{N}][\p{L}\p{M}\p{N} .,'&-]{0,39}\z")]
    private static partial Regex Name();
}

/// <summary>The site's payments. In memory, which a real site would not do.</summary>
internal sealed class PaymentBook
{
    private readonly ConcurrentDictionary<string, Payment> _payments = new(StringComparer.Ordinal);

    /// <summary>Enters a payment in place of any that waits: one at a time, and the code for the earlier is worth nothing any more.</summary>
    public void Enter(Payment payment)
    {
        foreach (var waiting in _payments.Values.Where(p => p.UserId == payment.UserId && p.State == PaymentState.Waiting))
            _payments.TryUpdate(waiting.Id, waiting with { State = PaymentState.Dropped, RequestId = null }, waiting);
        _payments[payment.Id] = payment;
    }

    /// <summary>A user's payment, or null: nobody sees another's.</summary>
    public Payment? Find(string userId, string id) => _payments.GetValueOrDefault(id) is { } payment && payment.UserId == userId ? payment : null;

    /// <summary>What a user has paid, the latest first.</summary>
    public IReadOnlyList<Payment> PaidBy(string userId) =>
        [.. _payments.Values.Where(p => p.UserId == userId && p.State == PaymentState.Paid).OrderByDescending(p => p.MadeAt)];

    /// <summary>Changes a payment, unless somebody else did meanwhile: then false, and nothing is changed.</summary>
    public bool Change(Payment from, Payment to) => _payments.TryUpdate(from.Id, to, from);
}
