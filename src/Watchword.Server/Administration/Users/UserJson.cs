using System.Text.Json;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>A phone number and whether a code sent to it ever came back.</summary>
internal sealed record PhoneNumberJson(string Value, bool PhoneNumberVerified, DateTimeOffset? VerifiedAt);

/// <summary>An email address and whether a code sent to it ever came back.</summary>
internal sealed record EmailJson(string Value, bool EmailVerified, DateTimeOffset? VerifiedAt);

/// <summary>A method the user has logged in by.</summary>
internal sealed record IdentityJson(string AuthType);

/// <summary>A user as the API shows it. <c>created_at</c> and <c>updated_at</c> are epoch milliseconds, other times ISO 8601.</summary>
internal sealed record UserJson(
    string UserId,
    UserStatus Status,
    long CreatedAt,
    long UpdatedAt,
    PhoneNumberJson? PhoneNumber,
    EmailJson? Email,
    string? Username,
    IReadOnlyList<string>? SecondaryEmails,
    IReadOnlyList<string>? SecondaryPhoneNumbers,
    PersonName? Name,
    string? Birthday,
    JsonElement? Address,
    string? Picture,
    string? Language,
    string? ExternalAccountId,
    string? ExternalUserId,
    JsonElement? CustomData,
    JsonElement? CustomAppData,
    DateTimeOffset? LastAuth,
    IReadOnlyList<IdentityJson> Identities)
{
    public static UserJson Of(Member member)
    {
        var (user, membership) = member;
        var profile = user.Profile;
        return new UserJson(
            user.UserId,
            user.Status,
            user.CreatedAt.Ms(),
            user.UpdatedAt.Ms(),
            user.PhoneNumber is { } number ? new(number, user.PhoneVerifiedAt is not null, user.PhoneVerifiedAt) : null,
            user.Email is { } email ? new(email, user.EmailVerifiedAt is not null, user.EmailVerifiedAt) : null,
            membership?.Username,
            profile.SecondaryEmails,
            profile.SecondaryPhoneNumbers,
            profile.Name,
            profile.Birthday,
            profile.Address,
            profile.Picture,
            profile.Language,
            user.ExternalAccountId,
            membership?.ExternalUserId,
            profile.CustomData,
            membership?.CustomAppData,
            membership?.LastAuth,
            [.. user.Identities.Select(i => i.AuthType()).Distinct().Select(type => new IdentityJson(type))]);
    }
}
