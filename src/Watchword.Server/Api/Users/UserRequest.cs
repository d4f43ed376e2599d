using System.Text.Json;
using Watchword.Core.Users;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Api.Users;

/// <summary>What a caller says of a user: all fields to create one, some to change one.</summary>
internal sealed record UserRequest(
    string? Email,
    string? PhoneNumber,
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
    string? Status)
{
    public UserDraft ToDraft() => new()
    {
        Email = Email,
        PhoneNumber = PhoneNumber,
        Username = Username,
        SecondaryEmails = SecondaryEmails,
        SecondaryPhoneNumbers = SecondaryPhoneNumbers,
        Name = Name,
        Birthday = Birthday,
        Address = Address,
        Picture = Picture,
        Language = Language,
        ExternalAccountId = ExternalAccountId,
        ExternalUserId = ExternalUserId,
        CustomData = CustomData,
        CustomAppData = CustomAppData,
        Status = Status,
    };
}
