namespace Watchword.Client;

/// <summary>Every value that <see cref="WatchwordException.ErrorCode"/> and the results of calls can have, and what to do about it.</summary>
public static class ErrorCodes
{
    /// <summary>The input is malformed. Read <see cref="WatchwordException.Faults"/>: all faults are there at once.</summary>
    public const string InvalidInput = "system_invalid_input";

    /// <summary>No provider is set up for the channel. An administrator adds one (<see cref="Management.DeliveryApi"/>).</summary>
    public const string ProviderConfiguration = "external_provider_configuration_error";

    /// <summary>The channel is not open for the application. An administrator opens it (<see cref="Management.LoginPreferencesApi"/>).</summary>
    public const string ChannelClosed = "auth_login_preferences_missing";

    /// <summary>The user has been disabled. Only an administrator can change that.</summary>
    public const string UserNotActive = "user_not_active";

    /// <summary>Too many wrong codes. Wait for RetryAfter; without one, an administrator has to unlock the user.</summary>
    public const string Locked = "auth_locked";

    /// <summary>The application has no such user. Create it first.</summary>
    public const string UserNotFound = "user_not_found";

    /// <summary>A code by SMS was asked for, and the user has no phone number.</summary>
    public const string PhoneNumberMissing = "user_phone_number_missing";

    /// <summary>A code by email was asked for, and the user has no email address.</summary>
    public const string EmailAddressMissing = "user_email_address_missing";

    /// <summary>Too many codes for this destination. Wait for RetryAfter.</summary>
    public const string SendLimited = "auth_otp_send_limited";

    /// <summary>The code is wrong, was used before or was never sent; or the refresh token is spent. Ask the user again.</summary>
    public const string InvalidCredentials = "auth_invalid_credentials";

    /// <summary>The right code, too late. Send a new one.</summary>
    public const string PasscodeExpired = "auth_otp_passcode_expired";

    /// <summary>The session is over or was never there. Log the user in again.</summary>
    public const string SessionNotFound = "session_not_found";

    /// <summary>The latest login in the session is older than <see cref="Sessions.LoginDemand.MaxAge"/>. Log the user in again, in the same session.</summary>
    public const string FreshLoginRequired = "fresh_login_required";

    /// <summary>The session has had one method, and two were asked for. Log the user in by another, in the same session.</summary>
    public const string SecondMethodRequired = "second_method_required";

    /// <summary>OAuth's word for the two before. The refresh token was not spent.</summary>
    public const string UnmetAuthenticationRequirements = "unmet_authentication_requirements";

    /// <summary>The client token was refused, and a fresh one too. Check that the client still exists.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>The call is for the other kind of client: an application's, or one that manages the tenant.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>There is no such thing, or not in your application.</summary>
    public const string NotFound = "not_found";

    /// <summary>The application has this user already. <see cref="Users.UsersApi.GetOrCreateAsync"/> does not mind.</summary>
    public const string UserAlreadyExists = "user_already_exists";

    /// <summary>Another user has this phone number, email, username or external_user_id.</summary>
    public const string IdentifierTaken = "identifier_taken";

    /// <summary>The phone number and the email address belong to two different users.</summary>
    public const string IdentifierConflict = "identifier_conflict";

    /// <summary>The waiting signing keys were published too recently to sign. Rotate later.</summary>
    public const string KeysTooFresh = "keys_too_fresh";

    /// <summary>Too many calls of this kind. Wait for <see cref="WatchwordException.RetryAfter"/>.</summary>
    public const string TooManyRequests = "too_many_requests";

    /// <summary>The client id or what proves it is wrong. Check the settings; after a rotation, deploy the new secret.</summary>
    public const string InvalidClient = "invalid_client";

    /// <summary>An OAuth request is malformed.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>The refresh token is of no use any more. Log the user in again.</summary>
    public const string InvalidGrant = "invalid_grant";

    /// <summary>The resource is not one of the application's.</summary>
    public const string InvalidTarget = "invalid_target";

    /// <summary>The server does not know this way to get a token: it is older than this library.</summary>
    public const string UnsupportedGrantType = "unsupported_grant_type";

    /// <summary>The user's access token is not valid any more. Refresh it, or log the user in again.</summary>
    public const string InvalidToken = "invalid_token";

    /// <summary>The address does not take this method: server and library do not fit together.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>The server failed; its log says why.</summary>
    public const string InternalError = "internal_error";

    /// <summary>From this library: no answer within <see cref="WatchwordOptions.Timeout"/>. Whether the call was carried out is not known.</summary>
    public const string Timeout = "client_timeout";

    /// <summary>From this library: the server could not be reached, or the connection broke.</summary>
    public const string Unreachable = "client_unreachable";

    /// <summary>From this library: the answer is not one of this server's. Check the address, and what stands between.</summary>
    public const string UnreadableAnswer = "client_unreadable_answer";
}
